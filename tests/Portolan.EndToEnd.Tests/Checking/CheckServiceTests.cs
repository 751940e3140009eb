using System.Text;
using System.Text.Json;
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
        Assert.StartsWith(
            "expected SMTP, SSH answered: OpenSSH ", smtp.Step("greeting").Text("summary"), StringComparison.Ordinal);
        Assert.Equal(
            "another server has this port, or the address is wrong: ssh://198.18.0.2:22 checks the actual server",
            smtp.Step("greeting").Text("meaning"));
    }

    [Theory]
    [InlineData(0, "220-mail.example.test ESMTP Postfix\r\n|220 two\r\n", 60, "SMTP, 46 bytes")]
    [InlineData(1, "220-one\r\n|220 two\r\n", 4, "expected SMTP, but the server said \"220-one\"")]
    [InlineData(1, "554 no service\r\n", 60, "SMTP, and the server refuses to serve: \"554 no service\"")]
    [InlineData(1, "220 mail", 4, "the SMTP greeting stopped after 8 bytes")]
    [InlineData(1, "", 2, "no greeting in 2 s, but a SMTP server speaks first")]
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

        Assert.Equal("closed by the server without data", lab.CheckJson(1, "imap://198.18.0.2").Step("greeting").Text("summary"));
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
            $"while :; do printf '220 mail.example.test ESMTP\\r\\n'; sleep 0.2; done | {openssl} s_server -quiet -accept 465 -cert "
                + $"{certificate} -key {key}");

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
    public void A_real_Redis_answers_its_scheme_and_no_other()
    {
        using var lab = new CheckLab();
        lab.Serve(
            6379, Programs.Find("redis-server", "/usr/bin/redis-server"), "--port", "6379", "--bind", "0.0.0.0", "--save", "",
            "--requirepass", "se-cret");

        var redis = lab.CheckJson(0, "redis://app:se-cret@198.18.0.2/0?x", "--expect", "reached");
        var ldap = lab.CheckJson(1, "ldap://198.18.0.2:6379", "--timeout", "2");
        var secure = lab.CheckJson(1, "rediss://198.18.0.2:6379", "--timeout", "2");

        Assert.Equal("route connect service", redis.Kinds());
        Assert.Equal("Redis (a password is wanted)", redis.Step("service").Text("summary"));
        Assert.Equal(("redis", "Redis PING", "answered"), Facts(redis));
        Assert.Equal("redis://***@198.18.0.2/0?***", redis.Text("target"));
        Assert.DoesNotContain("se-cret", redis.GetRawText(), StringComparison.Ordinal);
        Assert.StartsWith("expected LDAP, ", ldap.Step("service").Text("summary"), StringComparison.Ordinal);
        Assert.Equal("write redis://198.18.0.2:6379", secure.Step("tls").Text("meaning"));
    }

    [Fact]
    public void An_nginx_is_no_database_and_says_what_it_is()
    {
        using var lab = new CheckLab();
        File.WriteAllText(
            lab.Folder["nginx.conf"],
            $$"""
            daemon off; pid {{lab.Folder["nginx.pid"]}}; error_log stderr;
            events {}
            http { access_log off; server { listen 80; return 200 "fine\n"; } }
            """);
        lab.Serve(80, Programs.Find("nginx", "/usr/sbin/nginx"), "-p", lab.Folder.Path, "-c", lab.Folder["nginx.conf"]);

        foreach (var (scheme, label) in (ReadOnlySpan<(string, string)>)[("redis", "Redis"), ("postgres", "PostgreSQL"), ("ldap", "LDAP"),
            ("mongodb", "MongoDB"), ("amqp", "AMQP"), ("mqtt", "MQTT"), ("memcached", "memcached")])
        {
            var check = lab.CheckJson(1, $"{scheme}://198.18.0.2:80", "--timeout", "2");
            var step = check.Step("service");
            Assert.StartsWith($"expected {label}, ", step.Text("summary"), StringComparison.Ordinal);
            Assert.Contains("nginx", $"{step.Text("summary")} {step.Text("meaning")}", StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("redis", "silent", "expected Redis, and no answer to Redis PING in 1 s", "silent")]
    [InlineData("postgres", "silent", "expected PostgreSQL, and no answer to PostgreSQL SSLRequest in 1 s", "silent")]
    [InlineData("ldap", "closes", "expected LDAP, and the server closed the connection at LDAP search of the root DSE", "closed")]
    [InlineData(
        "redis", "endless", "expected Redis, but the server said \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
        "unknown")]
    public void A_server_that_says_nothing_or_has_no_end_fails(string scheme, string how, string summary, string outcome)
    {
        using var lab = new CheckLab();
        lab.Serve(7000, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            while (how == "endless")
            {
                await stream.WriteAsync(Enumerable.Repeat((byte)'x', 65536).ToArray());
            }

            await (how == "silent" ? Task.Delay(Timeout.Infinite) : Task.CompletedTask);
        });

        var step = lab.CheckJson(1, $"{scheme}://198.18.0.2:7000", "--timeout", "1").Step("service");

        Assert.Equal((summary, outcome), (step.Text("summary"), step.Text("outcome")));
    }

    [Fact]
    public void A_scheme_in_clear_names_the_port_that_speaks_TLS_and_one_with_TLS_judges_the_certificate()
    {
        using var lab = new CheckLab();
        var (certificate, key) = Trust(lab).Make(-1, 60, "198.18.0.2");
        lab.Serve(
            6379, Programs.Find("openssl", "/usr/bin/openssl"), "s_server", "-www", "-accept", "6379", "-cert", certificate, "-key", key);

        var clear = lab.CheckJson(1, "redis://198.18.0.2", "--timeout", "2").Step("service");
        var secure = lab.CheckJson(1, "rediss://198.18.0.2", "--timeout", "2");

        Assert.Equal(
            ("expected Redis, but this port speaks TLS", "write rediss://198.18.0.2:6379"), (clear.Text("summary"), clear.Text("meaning")));
        Assert.Equal("route connect tls service", secure.Kinds());
        Assert.Equal("ok", secure.Step("tls").Text("result"));
    }

    [Fact]
    public void A_password_is_in_no_output_and_in_no_store()
    {
        using var lab = new CheckLab();
        lab.Serve(6379, static _ => Task.CompletedTask);
        var (store, junit) = (lab.Folder["store"], lab.Folder["junit.xml"]);

        var text = lab.Check("redis://app:se-cret@198.18.0.2/?password=se-cret", "--store", store, "--junit", junit, "-v").Expect(1);
        var refused = lab.Check("redis://app:se/cret@198.18.0.2:6379").Expect(2);

        Assert.Contains("redis://***@198.18.0.2/?***", text.Output, StringComparison.Ordinal);
        foreach (var said in (string[])[text.Output, text.Error, refused.Error, File.ReadAllText(junit)])
        {
            Assert.DoesNotContain("cret", said, StringComparison.Ordinal);
        }

        Assert.All(
            Directory.GetFiles(lab.Folder.Path, "store*"),
            static file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf("se-cret"u8)));
        Assert.NotEmpty(Directory.GetFiles(lab.Folder.Path, "store*"));
    }

    [Fact]
    public void A_UDP_scheme_takes_only_an_answer_of_its_protocol()
    {
        using var lab = new CheckLab();
        lab.Server.EchoUdp(123);

        var check = lab.CheckJson(1, "ntp://198.18.0.2");

        Assert.StartsWith("expected NTP, but the server said ", check.Step("datagram").Text("summary"), StringComparison.Ordinal);
        Assert.Equal(("open", "failed"), (check.Text("state"), check.Text("result")));
    }

    private static (string?, string?, string?) Facts(JsonElement check) =>
        (check.Step("service").Text("expected"), check.Step("service").Text("question"), check.Step("service").Text("outcome"));

    private static TestCertificates Trust(CheckLab lab)
    {
        var certificates = new TestCertificates(lab.Folder.Path);
        lab.Environment["SSL_CERT_FILE"] = certificates.RootFile;
        return certificates;
    }
}
