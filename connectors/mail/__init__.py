"""Mail: letters that the gateway sends, by an SMTP server or into a directory."""

from connectors.mail.directory import MailDirectory
from connectors.mail.letters import Letter, Mailer, Sending, is_sender
from connectors.mail.smtp import Security, Smtp, SmtpRules

__all__ = ["Letter", "MailDirectory", "Mailer", "Security", "Sending", "Smtp", "SmtpRules", "is_sender"]
