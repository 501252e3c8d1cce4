"""The methods of the seed: their names and arguments, as the contract with their users has them."""

from __future__ import annotations

#: name -> how it is called; ours may have more arguments behind these, with defaults.
SEED = {
    "stop": "",
    "restart": "show=False",
    "show": "",
    "config_get": "key, default=None",
    "config_set": "key, value, typ=None",
    "config_list": "sort=False",
    "filemanager": "json_request",
    "backups_update": "",
    "backups_list": "",
    "backups_id_list": "",
    "backup_start_id": "pathID",
    "backup_start_path": "path",
    "backup_dir_add": "dirpath",
    "backup_file_add": "filepath",
    "backup_tree_add": "dirpath",
    "backup_delete_local": "backupID",
    "backup_delete_id": "pathID_or_backupID",
    "backup_delete_path": "localPath",
    "restore_single": "pathID_or_backupID_or_localPath, destinationPath=None",
    "list_messages": "",
    "send_message": "recipient, message_body",
    "list_correspondents": "",
    "add_correspondent": "idurl, nickname=''",
    "remove_correspondent": "idurl",
    "find_peer_by_nickname": "nickname",
    "ping": "idurl",
}
