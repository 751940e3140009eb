using Portolan.Kernel.Tests.Support;
using Portolan.Kernel.Tests.Transport;
using Portolan.Tests.Lab.Services;
using Portolan.Tests.Support;
using static Portolan.Kernel.Tests.Lab.ClientRuns;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>Other people's clients, on the kernel in a namespace of the test, talk to the services of a lab over a TUN device.</summary>
public sealed class ServiceClientTests
{
    private const string Server = "198.18.7.2";
    private const string Server6 = "2001:db8:7::2";

    [Theory]
    [InlineData(Server)]
    [InlineData("[" + Server6 + "]")]
    public async Task Curl_reads_pages_and_trusts_the_authority_of_the_lab(string host)
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("http", 80);
        world.Serve("https", 443);
        using var folder = new ScratchFolder();
        var authority = Authority(world, folder);
        Assert.Contains($"<p>server {host}:80</p>", Run(lab, "curl", "-sS", "--noproxy", "*", $"http://{host}/"), StringComparison.Ordinal);
        Assert.Contains(
            $"<p>server {host}:443</p>", Run(lab, "curl", "-sS", "--noproxy", "*", "--cacert", authority, $"https://{host}/"),
            StringComparison.Ordinal);
        Assert.Contains(
            "<h1>server</h1>",
            Run(
                lab, "curl", "-sS", "--noproxy", "*", "--cacert", authority, "--connect-to", $"server.test.lab:443:{host}:443",
                "https://server.test.lab/"), StringComparison.Ordinal);
        Assert.Equal(
            "5000000 200",
            Run(
                lab, "curl", "-sS", "--noproxy", "*", "--cacert", authority, "-o", "/dev/null", "-w", "%{size_download} %{http_code}",
                $"https://{host}/large?bytes=5000000"));
        Assert.Equal("hello", Run(lab, "curl", "-sS", "--noproxy", "*", "--data", "hello", $"http://{host}/echo"));
        Assert.Contains("chunk 5\n", Run(lab, "curl", "-sS", "--noproxy", "*", $"http://{host}/chunked"), StringComparison.Ordinal);
        var (_, error, exit) = lab.Host.Execute(Tool.Find("curl"), null, "-sS", "--noproxy", "*", $"https://{host}/");
        Assert.True(exit == 60, error);
    }

    [Fact]
    public async Task Openssl_finds_the_chain_right()
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("https", 443);
        world.Serve("smtp", 25);
        using var folder = new ScratchFolder();
        var authority = Authority(world, folder);
        var (output, error, exit) = lab.Host.Execute(
            Tool.Find("openssl"), "", "s_client", "-connect", $"{Server}:443", "-servername", "server.test.lab", "-verify_hostname",
            "server.test.lab", "-CAfile", authority, "-verify_return_error", "-x509_strict");
        Assert.True(exit == 0 && output.Contains("Verify return code: 0 (ok)", StringComparison.Ordinal), output + error);
        (output, error, exit) = lab.Host.Execute(
            Tool.Find("openssl"), "QUIT\n", "s_client", "-starttls", "smtp", "-connect", $"{Server}:25", "-verify_ip", Server, "-CAfile",
            authority, "-verify_return_error", "-quiet");
        Assert.True(exit == 0 && output.Contains("221 2.0.0", StringComparison.Ordinal), output + error);
    }

    [Fact]
    public async Task Dig_asks_over_udp_and_tcp_and_takes_a_zone()
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Directory.Offers.Add(("server", "smtp"));
        world.Serve(
            "dns", 53, ("records", string.Join("; ", Enumerable.Range(0, 60).Select(i => $"many TXT text-number-{i:00}-of-sixty"))));
        Assert.Equal(Server + "\n", Run(lab, "dig", "@" + Server, "+short", "server.test.lab"));
        Assert.Equal(Server6 + "\n", Run(lab, "dig", "@" + Server6, "+short", "server.test.lab", "AAAA"));
        Assert.Equal("server.test.lab.\n", Run(lab, "dig", "@" + Server, "+short", "-x", Server));
        Assert.Equal("10 server.test.lab.\n", Run(lab, "dig", "@" + Server, "+short", "test.lab", "MX"));
        Assert.Contains("status: NXDOMAIN", Run(lab, "dig", "@" + Server, "none.test.lab"), StringComparison.Ordinal);
        Assert.Contains("status: REFUSED", Run(lab, "dig", "@" + Server, "www.example.org"), StringComparison.Ordinal);
        var many = Run(lab, "dig", "@" + Server, "many.test.lab", "TXT");
        Assert.Contains("Truncated, retrying in TCP mode", many, StringComparison.Ordinal);
        Assert.Contains("ANSWER: 60,", many, StringComparison.Ordinal);
        var zone = Run(lab, "dig", "@" + Server, "test.lab", "AXFR");
        Assert.Contains("XFR size: 66 records", zone, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_of_swaks_is_read_by_curl_and_fetchmail()
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        foreach (var (service, port) in ((string, int)[])[
            ("smtp", 25), ("submission", 587), ("smtps", 465), ("imap", 143), ("imaps", 993), ("pop3", 110)])
        {
            world.Serve(service, port);
        }

        using var folder = new ScratchFolder();
        var authority = Authority(world, folder);
        Assert.Contains(
            "250 2.0.0",
            Run(
                lab, "swaks", "--server", Server, "--to", "user@test.lab", "--from", "a@b.example", "--helo", "client", "--header",
                "Subject: first"), StringComparison.Ordinal);
        var secure = Run(
            lab, "swaks", "--server", Server, "--port", "587", "--tls", "--tls-ca-path", authority, "--tls-verify", "--auth", "LOGIN",
            "--auth-user", "user", "--auth-password", "secret", "--to", "user@server", "--from", "user@server", "--helo", "client",
            "--header", "Subject: second");
        Assert.Contains("235 2.7.0", secure, StringComparison.Ordinal);
        Assert.Contains("250 2.0.0", secure, StringComparison.Ordinal);
        Assert.Contains(
            "Subject: first", Run(lab, "curl", "-sS", "--noproxy", "*", "-u", "user:secret", $"imap://{Server}/INBOX;MAILINDEX=1"),
            StringComparison.Ordinal);
        Assert.Contains(
            "Subject: second",
            Run(lab, "curl", "-sS", "--noproxy", "*", "--cacert", authority, "-u", "user:secret", $"imaps://{Server}/INBOX;UID=2"),
            StringComparison.Ordinal);
        Assert.Equal(
            "* SEARCH 2",
            Run(lab, "curl", "-sS", "--noproxy", "*", "-u", "user:secret", "-X", "SEARCH SUBJECT second", $"imap://{Server}/INBOX").Trim());
        Assert.Equal(
            2, Run(lab, "curl", "-sS", "--noproxy", "*", "--ssl-reqd", "--cacert", authority, "-u", "user:secret", $"pop3://{Server}/")
                .Trim().Split('\n').Length);

        // fetchmail takes both away over POP3, and there is nothing left.
        var settings = folder.PathOf("fetchmailrc");
        await File.WriteAllTextAsync(
            settings,
            $"poll {Server} protocol pop3 user \"user\" password \"secret\" sslproto \"\" mda \"/bin/cat >> {folder.PathOf("mail")}\"\n",
            TestContext.Current.CancellationToken);
        File.SetUnixFileMode(settings, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var (output, error, exit) = lab.Host.Execute(
            Tool.Find("fetchmail"), null, "-f", settings, "--pidfile", folder.PathOf("pid"), "--idfile", folder.PathOf("ids"),
            "--nosyslog");
        Assert.True(exit == 0, output + error);
        Assert.Equal(
            2, (await File.ReadAllTextAsync(folder.PathOf("mail"), TestContext.Current.CancellationToken)).Split("Subject: ").Length - 1);
        Assert.Equal("", Run(lab, "curl", "-sS", "--noproxy", "*", "-u", "user:secret", $"pop3://{Server}/").Trim());
    }

    [Theory]
    [InlineData(Server)]
    [InlineData("[" + Server6 + "]")]
    public async Task Curl_and_lftp_move_files_actively_and_passively(string host)
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("ftp", 21);
        using var folder = new ScratchFolder();
        var file = folder.PathOf("file");
        await File.WriteAllTextAsync(file, string.Concat(Enumerable.Repeat("0123456789", 50_000)), TestContext.Current.CancellationToken);
        Run(lab, "curl", "-sS", "--noproxy", "*", "-u", "user:secret", "-T", file, $"ftp://{host}/pub/passive");
        Run(lab, "curl", "-sS", "--noproxy", "*", "-u", "user:secret", "-P", "-", "-T", file, $"ftp://{host}/pub/active");
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Equal(text, Run(lab, "curl", "-sS", "--noproxy", "*", "-P", "-", $"ftp://{host}/pub/passive"));
        Assert.Equal(text, Run(lab, "curl", "-sS", "--noproxy", "*", $"ftp://{host}/pub/active"));
        var list = Run(
            lab, "lftp", "-c",
            $"set net:max-retries 1; open -u user,secret ftp://{host}; cls -1 pub; set ftp:passive-mode no; cat readme.txt");
        Assert.Contains("active\n", list, StringComparison.Ordinal);
        Assert.Contains("A host of a Portolan lab", list, StringComparison.Ordinal);
        var old =
            lab.Host.Execute(Tool.Find("tnftp"), "binary\nls pub\nget readme.txt -\nbye\n", "-A", "-n", "-v", "-i", host.Trim('[', ']'));
        Assert.Contains("530", old.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ssh_shows_why_it_ended()
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("ssh", 22);
        var (_, error, exit) = lab.Host.Execute(
            Tool.Find("ssh"), null, "-v", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "user@" + Server);
        Assert.Equal(255, exit);
        Assert.Contains("remote software version OpenSSH_9.2p1", error, StringComparison.Ordinal);
        Assert.Contains("11: this host of a lab shows its banner only", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Telnet_logs_in_and_runs_a_command()
    {
        var telnet = Tool.Find("inetutils-telnet");
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("telnet", 23);
        using var process = lab.Host.Start(telnet, Server);
        var reading = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync("user\nsecret\nwhoami\nexit\n");
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        var output = await reading.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Contains("user@server$ user", output, StringComparison.Ordinal);
        process.StandardInput.Close();
        process.End();
    }

    [Fact]
    public async Task Ntpdig_hears_the_time()
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("ntp", 123, ("stratum", "3"));
        Assert.Contains($"{Server} s3", Run(lab, "ntpdig", Server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redis_cli_sets_and_gets()
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("redis", 6379);
        Assert.Equal("OK\n", Run(lab, "redis-cli", "-h", Server, "SET", "key", "a value"));
        Assert.Equal("a value\n", Run(lab, "redis-cli", "-h", Server6, "GET", "key"));
        Assert.Equal("PONG\n", Run(lab, "redis-cli", "-h", Server, "PING"));
        Assert.Contains("redis_version:7.2.0", Run(lab, "redis-cli", "-h", Server, "INFO"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Psql_comes_in_over_tls_and_selects()
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("postgresql", 5432, ("password", "pw"));
        using var folder = new ScratchFolder();
        var authority = Authority(world, folder);
        var where = $"host={Server} user=alice password=pw dbname=lab";
        Assert.Equal(
            "1|it's\n", Run(lab, "psql", $"{where} sslmode=verify-full sslrootcert={authority}", "-At", "-c", "select 1, 'it''s'"));
        Assert.Equal("alice|5432\n", Run(lab, "psql", $"{where} sslmode=disable", "-At", "-c", "select current_user, inet_server_port();"));
        var (_, error, exit) = lab.Host.Execute(Tool.Find("psql"), null, $"host={Server} user=alice password=no", "-c", "select 1");
        Assert.True(exit == 2 && error.Contains("password authentication failed for user \"alice\"", StringComparison.Ordinal), error);
    }

    [Fact]
    public async Task Snmpwalk_walks_the_system_group()
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("snmp", 161);
        foreach (var version in (string[])["1", "2c"])
        {
            var output = Run(lab, "snmpwalk", "-v", version, "-c", "public", "-On", Server, ".1.3.6.1.2.1.1");
            Assert.Contains(".1.3.6.1.2.1.1.5.0 = STRING: \"server\"", output, StringComparison.Ordinal);
            Assert.Equal(
                7, output.Split('\n').Count(
                    l => l.StartsWith(".1.3.6.1.2.1.1.", StringComparison.Ordinal)
                        && !l.Contains("No more variables", StringComparison.Ordinal)));
        }

        Assert.Contains(
            "test.lab", Run(lab, "snmpget", "-v", "2c", "-c", "public", Server, ".1.3.6.1.2.1.1.6.0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finger_and_netcat_hear_the_small_services()
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        foreach (var (service, port) in ((string, int)[])[("finger", 79), ("echo", 7), ("daytime", 13), ("nntp", 119), ("irc", 6667)])
        {
            world.Serve(service, port);
        }

        Assert.Contains("A user of the lab", Run(lab, "finger", "user@" + Server), StringComparison.Ordinal);
        Assert.Equal("hello\n", Netcat(lab, "hello\n", "-N", Server, "7"));
        Assert.Equal("hello\n", Netcat(lab, "hello\n", "-u", "-w", "1", Server, "7"));
        Assert.EndsWith(" UTC\r\n", Netcat(lab, "", "-N", Server, "13"), StringComparison.Ordinal);
        Assert.Contains(
            "215 name, last, first, posting\r\nlab.general 1 1 y\r\n.\r\n", Netcat(lab, "LIST\r\nQUIT\r\n", "-N", Server, "119"),
            StringComparison.Ordinal);
        Assert.Contains(
            " 001 alice :Welcome", Netcat(lab, "NICK alice\r\nUSER a 0 * :a\r\nQUIT\r\n", "-N", Server, "6667"), StringComparison.Ordinal);
    }
}
