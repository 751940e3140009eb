using System.Text;
using Portolan.Scan.Identification;

namespace Portolan.Tests.Scan.Identification;

/// <summary>
/// Greetings of lines with codes, which SMTP, FTP, LMTP and others share: who is certain of one. A host's name proves nothing.
/// </summary>
public sealed class GreetingTests
{
    [Theory]
    [InlineData("220 smtp.example.com FTP server (Version 6.4) ready.", "ftp")]
    [InlineData("421 mail.example.com FTP server: too many users", "ftp")]
    [InlineData("220 ftp.example.com ESMTP Postfix", "smtp")]
    [InlineData("220-ftp.example.com ESMTP Exim 4.96\r\n220 be nice", "smtp")]
    [InlineData("554 ftp.example.com SMTP: go away", "smtp")]
    [InlineData("220 smtp.example.com ready", null)]
    [InlineData("220 ftp.example.com ready", null)]
    [InlineData("220 Welcome to the SMTP-free zone", null)]
    [InlineData("220 Mail over SMTP, files over FTP", null)]
    [InlineData("220 mail.example SMTP; ready", "smtp")]
    [InlineData("220 ProFTPD Server (Debian) [::ffff:192.0.2.1]", "ftp")]
    [InlineData("220 Exim mirror, FTP server", "ftp")]
    [InlineData("220 harbour.example dictd 1.13.0/rf on Linux <auth.mime> <6.613.1@harbour.example>", "dict")]
    [InlineData("220 harbour.example HylaFAX (tm) Version 6.0.7 ready.", null)]
    public void One_protocol_is_certain_of_a_greeting_or_none(string greeting, string? expected)
    {
        var bytes = Encoding.ASCII.GetBytes(greeting + "\r\n");
        var certain = ServiceCatalog.Tcp
            .Select(protocol => protocol.Read(new ServiceReply(bytes, null, isEnded: false)))
            .Where(static reading => reading.Match == ReplyMatch.Certain)
            .Select(static reading => reading.Service!.Protocol);
        Assert.Equal(expected is null ? [] : [expected], certain);
    }
}
