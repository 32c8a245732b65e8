"""Any list of the graph as a file: an operation run as its viewer, page after page, through `OperationService.run`.

`columns` says which columns an operation has, `pages` which pages it is run for, `rows` makes rows of the answers,
`csv_file`, `ics_file`, `json_file` and `xlsx_file` write them, `export` does all of this. `paper` has the A4 pages of
PDF files, whose templates lie in `print`. `saved_queries` are operations under a name, `calendar` makes calendars.
"""
