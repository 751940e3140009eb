using System.Text;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Checking;

/// <summary>Protocols by the scheme of a URL: sshd and openssl as they are, and servers that say what mail servers say.</summary>
public sealed class CheckServiceTests
{
    [Fact]
    public void The_greeting_of_a_real_sshd_is_of_SSH_and_of_nothing_else()
    {
        using var lab = new CheckLab();
        Assert.SkipUnless(PortolanProgram.IsRoot, "sshd needs root");
        var sshd = Tool.Find("sshd");
        var keys = Tool.Find("ssh-keygen");
        Programs.Run(keys, ["-q", "-t", "ed25519", "-N", "", "-f", lab.Folder["host"]]).Expect(0);
        File.WriteAllText(lab.Folder["config"], $"HostKey {lab.Folder["host"]}\nPidFile none\nUsePAM no\nStrictModes no\n");
        lab.Serve(
            22, "/usr/bin/unshare", "-m", "/bin/sh", "-c",
            $"mount -t tmpfs none /run && mkdir -p /run/sshd && exec {sshd} -D -e -f {lab.Folder["config"]}");

        var ssh = lab.CheckJson(0, "ssh://git@198.18.0.2/a.git", "--expect", "greeting=OpenSSH", "--expect", "reached");
        var smtp = lab.CheckJson(1, "smtp://198.18.0.2:22");

        Assert.Equal("route connect greeting", ssh.Kinds());
        Assert.StartsWith("SSH, ", ssh.Step("greeting").Text("summary"), StringComparison.Ordinal);
        Assert.Equal("ssh://198.18.0.2:22", ssh.Hop(0).Text("url"));
        Assert.StartsWith("no SMTP: the server said \"SSH-2.0-OpenSSH", smtp.Step("greeting").Text("summary"), StringComparison.Ordinal);
        Assert.Equal("a greeting of SMTP begins with 220", smtp.Step("greeting").Text("meaning"));
    }

    [Theory]
    [InlineData(0, "220-one\r\n|220 two\r\n", 60, "SMTP, 18 bytes")]
    [InlineData(1, "554 no service\r\n", 60, "SMTP, and the server refuses to serve: \"554 no service\"")]
    [InlineData(1, "220 mail", 4, "the greeting of SMTP stopped after 8 bytes")]
    [InlineData(1, "", 2, "no greeting in 2 s, and a server of SMTP speaks first")]
    public void A_greeting_must_come_whole_and_be_of_its_protocol(int exitCode, string says, int timeout, string summary)
    {
        using var lab = new CheckLab();
        lab.Serve(25, async stream =>
        {
            foreach (var part in says.Split('|'))
            {
                // Longer than a greeting of no known protocol would be waited for.
                await Task.Delay(300);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(part));
            }

            await Task.Delay(Timeout.Infinite);
        });

        Assert.Equal(summary, lab.CheckJson(exitCode, "smtp://198.18.0.2", "--timeout", $"{timeout}").Step("greeting").Text("summary"));
    }

    [Fact]
    public void A_server_that_closes_without_its_greeting_has_failed_and_a_bare_port_has_not()
    {
        using var lab = new CheckLab();
        lab.Serve(143, _ => Task.CompletedTask);

        Assert.Equal("closed by the server without a word", lab.CheckJson(1, "imap://198.18.0.2").Step("greeting").Text("summary"));
        Assert.Equal("warning", lab.CheckJson(0, "198.18.0.2:143").Step("greeting").Text("result"));
    }

    [Fact]
    public void TLS_comes_first_where_the_scheme_says_so_and_its_certificate_is_judged()
    {
        using var lab = new CheckLab();
        var certificates = Trust(lab);
        // What is typed at s_server goes to the client: a greeting behind the handshake.
        var (certificate, key) = certificates.Make(-1, 60, "198.18.0.2");
        var openssl = Programs.Find("openssl", "/usr/bin/openssl");
        lab.Serve(
            465, "/bin/sh", "-c",
            $"while :; do printf '220 mail.example.test ESMTP\\r\\n'; sleep 0.2; done | {openssl} s_server -quiet -accept 465 -cert {certificate} -key {key}");

        var check = lab.CheckJson(
            0, "smtps://198.18.0.2", "--expect", "tls-days=14+", "--expect", "tls-trusted", "--expect", "greeting=ESMTP", "--expect",
            "reached");

        Assert.Equal("route connect tls greeting", check.Kinds());
        Assert.Equal(59, check.Step("tls").GetProperty("daysLeft").GetInt32());
    }

    [Theory]
    [InlineData(
        "smtps://198.18.0.2:25", "tls", "no TLS: the server answered \"220 ready\"",
        "this port speaks without TLS: write smtp://198.18.0.2:25")]
    [InlineData(
        "tls://198.18.0.2:25", "tls", "no TLS: the server answered \"220 ready\"",
        "this port speaks another protocol, without TLS: tcp://198.18.0.2:25 shows its greeting")]
    public void A_port_without_TLS_is_named(string url, string step, string summary, string meaning)
    {
        using var lab = new CheckLab();
        lab.Serve(25, async stream =>
        {
            await stream.WriteAsync("220 ready\r\n"u8.ToArray());
            await Task.Delay(Timeout.Infinite);
        });

        var found = lab.CheckJson(1, url).Step(step);

        Assert.Equal((summary, meaning), (found.Text("summary"), found.Text("meaning")));
    }

    [Fact]
    public void A_port_with_TLS_that_waits_for_its_client_is_named()
    {
        using var lab = new CheckLab();
        var (certificate, key) = Trust(lab).Make(-1, 60, "198.18.0.2");
        lab.Serve(
            993, Programs.Find("openssl", "/usr/bin/openssl"), "s_server", "-quiet", "-accept", "993", "-cert", certificate, "-key", key);

        Assert.Equal(
            "this port speaks TLS: write imaps://198.18.0.2:993",
            lab.CheckJson(1, "imap://198.18.0.2:993", "--timeout", "1").Step("greeting").Text("meaning"));
    }

    [Fact]
    public void A_server_that_waits_for_its_client_is_reached()
    {
        using var lab = new CheckLab();
        lab.Serve(6379, async _ => await Task.Delay(Timeout.Infinite));

        lab.CheckJson(0, "redis://198.18.0.2", "--expect", "reached");
    }

    private static TestCertificates Trust(CheckLab lab)
    {
        var certificates = new TestCertificates(lab.Folder.Path);
        lab.Environment["SSL_CERT_FILE"] = certificates.RootFile;
        return certificates;
    }
}
