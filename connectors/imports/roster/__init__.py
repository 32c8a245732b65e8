"""A school as the files of any format describe it: collected whole, checked, and made into documents."""
