using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Servers;

/// <summary><c>check SCHEME://</c> beside real servers of Debian 12: each passes the scheme of its protocol, and no other.</summary>
public sealed class RealServerCheckTests
{
    private static readonly string Script = Repository.PathOf("scripts", "servers");

    // The servers that scripts/servers starts of the third: scheme, port and what the step says first.
    private static readonly (string Scheme, int Port, string Says)[] Servers =
    [
        ("redis", 6379, "Redis: Redis "),
        ("memcached", 11211, "memcached: memcached "),
        ("mqtt", 1883, "MQTT: Mosquitto "),
        ("ftp", 2121, "FTP, "),
        ("ftp", 21, "FTP, "),
        ("smtp", 25, "SMTP, "),
        ("imap", 143, "IMAP, "),
        ("pop3", 110, "POP3, "),
        ("ldap", 389, "LDAP: OpenLDAP"),
        ("telnet", 23, "Telnet"),
        ("rsync", 873, "rsync, "),
        ("socks5", 1080, "SOCKS 5"),
        ("irc", 6667, "IRC"),
        ("rpc", 111, "ONC RPC"),
        ("kerberos", 88, "Kerberos"),
        ("zabbix", 10050, "Zabbix agent: Zabbix agent "),
        ("nbd", 10809, "NBD"),
    ];

    // nginx, BIND, stunnel, and inetd's echo, daytime, chargen and time.
    private static readonly int[] Others = [80, 53, 9443, 7, 13, 19, 37];

    [Fact]
    public void Each_passes_the_scheme_of_its_protocol()
    {
        var checks = Check(0, "10", Servers.Select(static server => $"{server.Scheme}://127.0.0.1:{server.Port}"));

        Assert.All(
            Servers.Zip(checks, static (server, check) => (server.Says, Summary: check.GetProperty("summary").GetString())),
            static pair => Assert.StartsWith(pair.Says, pair.Summary, StringComparison.Ordinal));
    }

    [Fact]
    public void No_server_passes_the_scheme_of_another_protocol()
    {
        string[] schemes = [.. Servers.Select(static server => server.Scheme).Distinct(), "postgres", "mysql", "amqp", "mongodb", "ssh"];
        int[] ports = [.. Servers.Select(static server => server.Port), .. Others];
        var wrong = (from scheme in schemes
                     from port in ports
                     where !Servers.Any(server => server.Scheme == scheme && server.Port == port)
                     select $"{scheme}://127.0.0.1:{port}").ToList();

        var checks = Check(1, "1", wrong);

        Assert.Equal(wrong.Count, checks.Count);
        Assert.All(checks, static check => Assert.False(check.GetProperty("reached").GetBoolean(), $"{check}"));
    }

    private static List<JsonElement> Check(int exitCode, string timeout, IEnumerable<string> targets)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for namespaces of its own");
        var result = Programs.Run(
            Script,
            [
                "run", "third", "/bin/sh", "-c", """program=$1; shift; exec "$program" check --json --no-identify --timeout "$@" """, "sh",
                PortolanProgram.Path, timeout, .. targets,
            ]);
        Assert.SkipWhen(result.ExitCode == 77, result.Error.Trim());
        return [.. JsonSchema.AssertValid(result.Expect(exitCode).Output).GetProperty("checks").EnumerateArray()];
    }
}
