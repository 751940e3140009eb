using System.Globalization;
using Portolan.Kernel.Tests.Support;
using Portolan.Kernel.Tests.Transport;
using Portolan.Tests.Lab.Services;
using static Portolan.Kernel.Tests.Lab.ClientRuns;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>More of other people's clients: mail and chat over TLS, the small services, a database that lets nobody in.</summary>
public sealed class MoreServiceClientTests
{
    private const string Server = "198.18.7.2";
    private const string Server6 = "2001:db8:7::2";

    [Theory]
    [InlineData(Server)]
    [InlineData("[" + Server6 + "]")]
    public async Task Curl_sends_mail_over_smtps_and_reads_it_over_pop3s_and_imaps(string host)
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        foreach (var (service, port) in ((string, int)[])[("smtps", 465), ("imaps", 993), ("pop3s", 995)])
        {
            world.Serve(service, port);
        }

        using var folder = new ScratchFolder();
        string[] usual = ["-sS", "--noproxy", "*", "--cacert", Authority(world, folder), "-u", "user:secret"];
        var mail = folder.PathOf("mail");
        await File.WriteAllTextAsync(mail, "Subject: over TLS\r\n\r\nGood morning.\r\n", TestContext.Current.CancellationToken);
        Run(
            lab, "curl",
            [.. usual, "--mail-from", "user@test.lab", "--mail-rcpt", "user@test.lab", "-T", mail, $"smtps://{host}/client.test.lab"]);
        Assert.StartsWith("1 ", Run(lab, "curl", [.. usual, $"pop3s://{host}/"]), StringComparison.Ordinal);
        Assert.Contains("Good morning.", Run(lab, "curl", [.. usual, $"pop3s://{host}/1"]), StringComparison.Ordinal);
        Assert.Contains("Subject: over TLS", Run(lab, "curl", [.. usual, $"imaps://{host}/INBOX;MAILINDEX=1"]), StringComparison.Ordinal);

        // A wrong password is refused, and so is a mail without one.
        var (_, _, exit) = lab.Host.Execute(Tool.Find("curl"), null, [.. usual[..^1], "user:wrong", $"pop3s://{host}/"]);
        Assert.Equal(67, exit);
        (_, _,
            exit) = lab.Host.Execute(
                Tool.Find("curl"), null,
                [.. usual[..^2], "--mail-from", "user@test.lab", "--mail-rcpt", "user@test.lab", "-T", mail,
                    $"smtps://{host}/client.test.lab"]);
        Assert.NotEqual(0, exit);
    }

    [Fact]
    public async Task Openssl_chats_over_ircs()
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("ircs", 6697);
        using var folder = new ScratchFolder();
        var (output, error, exit) = lab.Host.Execute(
            Tool.Find("openssl"), "NICK alice\r\nUSER a 0 * :a\r\nJOIN #ports\r\nQUIT\r\n",
            "s_client", "-connect", $"{Server}:6697", "-verify_ip", Server, "-CAfile", Authority(world, folder), "-verify_return_error",
            "-quiet");
        Assert.True(
            exit == 0 && output.Contains(" 001 alice :Welcome", StringComparison.Ordinal)
                && output.Contains("JOIN #ports", StringComparison.Ordinal), output + error);
    }

    [Theory]
    [InlineData("5.7.44")]
    [InlineData("8.0.0")]
    public async Task Mariadb_reads_the_greeting_and_is_denied(string version)
    {
        var mariadb = Tool.Find("mariadb");
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("mysql", 3306, ("version", version));
        var (_, error, exit) = lab.Host.Execute(
            mariadb, null, "--no-defaults", "--protocol=tcp", "-h", Server, "-u", "alice", "--password=secret", "-e", "select 1");
        Assert.True(
            exit == 1 && error.Contains("ERROR 1045 (28000)", StringComparison.Ordinal)
                && error.Contains("'alice'", StringComparison.Ordinal), error);
    }

    [Fact]
    public async Task Rdate_hears_the_time_over_tcp_and_udp_and_by_sntp()
    {
        var rdate = Tool.Find("rdate");
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("time", 37);
        world.Serve("ntp", 123);
        foreach (var option in (string[])["-4p", "-4pu", "-4pn"])
        {
            // As the C locale writes it, in UTC.
            var text = Run(lab, "/usr/bin/env", "TZ=UTC", "LC_ALL=C", rdate, option, Server).Trim();
            var told = DateTime.ParseExact(
                text.Replace(" UTC", "", StringComparison.Ordinal), ["ddd MMM d HH:mm:ss yyyy", "ddd MMM  d HH:mm:ss yyyy"],
                CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
            Assert.InRange(TimeProvider.System.GetUtcNow().UtcDateTime - told, TimeSpan.FromSeconds(-2), TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task Netcat_hears_chargen_and_the_sentence_of_the_day_and_nothing_from_discard()
    {
        await using var lab = TunLab.Create();
        await using var world = new ServiceWorld(lab.Stack, Server, Server6);
        world.Serve("chargen", 19, ("lines", "500"));
        world.Serve("qotd", 17, ("text", "Ports are where ships land."));
        world.Serve("discard", 9);
        var lines = Run(lab, "nc", "-d", Server, "19").Split("\r\n");
        Assert.Equal((501, 72), (lines.Length, lines[250].Length));
        Assert.Equal("Ports are where ships land.\r\n", Run(lab, "nc", "-d", Server6, "17"));
        Assert.Equal("Ports are where ships land.\r\n", Netcat(lab, "?\n", "-u", "-w", "1", Server, "17"));
        Assert.InRange(Netcat(lab, "?\n", "-u", "-w", "1", Server, "19").Length, 1, 512);
        Assert.Equal("", Netcat(lab, new string('x', 1_000_000), "-N", Server, "9"));
    }
}
