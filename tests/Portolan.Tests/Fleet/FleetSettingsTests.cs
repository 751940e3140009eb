using Portolan.Fleet.Settings;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Tests.Fleet;

/// <summary>Settings that are wrong say what, where, and what to write instead; secrets are their owner's.</summary>
public sealed class FleetSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-fleet").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_whole_file_is_read()
    {
        Secret("secret", "s3cret\nmore");
        var settings = AgentSettingsFile.Read(Write(
            """
            zone: lan
            broker: amqp://lan-1@192.0.2.1:5671/fleet
            broker-password-file: secret
            networks: [198.51.100.0/24, "2001:db8::/64"]
            exclude: 198.51.100.7
            ports: 1-10000
            max-rate: 500
            """));
        Assert.Equal(
            ("lan-1", "lan", "s3cret", "fleet"),
            (settings.Name, settings.Zone, settings.Broker.Password, settings.Broker.VirtualHost));
        Assert.Equal(500, settings.Scope.MaxRate);
        Assert.Equal(
            "198.51.100.0/24, 2001:db8::/64, not 198.51.100.7, ports 1-9099,9108-10000, at most 500 probes/s",
            settings.Scope.ToString());
        Assert.False(settings.Scope.Permits(
            new AddressPrefix(InternetAddress.TryParse("198.51.100.7", out var seven) ? seven : default, 32).Address,
            new ProbePort(TransportProtocol.Tcp, new PortNumber(80))));
    }

    [Theory]
    [InlineData("networks: []\n", "networks is missing")]
    [InlineData("zne: a\n", "line 1: 'zne' is not a setting")]
    [InlineData("zone: [\n", "this is not YAML")]
    [InlineData("- a\n", "not a list of name: value")]
    [InlineData("zone: a b\n", "line 1: zone is up to 60 letters")]
    [InlineData("broker: http://h\n", "the broker is amqp://")]
    [InlineData("broker: amqp://a:b@h/v\n", "has a password in it")]
    [InlineData("broker-password-file: open\n", "users other than its owner")]
    [InlineData("broker-password-file: none\n", "the file does not exist")]
    [InlineData("networks: [198.51.100.1/24]\n", "which is not a network")]
    [InlineData("ports: 70000\n", "ports is a list of ports")]
    [InlineData("max-rate: 0\n", "max-rate is a number above 0")]
    [InlineData("printer-ports: maybe\n", "printer-ports is yes or no")]
    public void What_is_wrong_is_named_with_its_remedy(string text, string message)
    {
        Secret("secret", "x");
        Secret("open", "x");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(_folder, "open"), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        }

        var error = Assert.Throws<PortolanException>(() => AgentSettingsFile.Read(Write(Whole(text))));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((ExitCode.Usage, true), (error.ExitCode, error.Hint is not null));
    }

    [Fact]
    public void A_missing_file_says_how_it_is_written()
    {
        var error = Assert.Throws<PortolanException>(() => FleetSettings.Read(Path.Combine(_folder, "none.yaml")));
        Assert.EndsWith("none.yaml: the file does not exist", error.Message, StringComparison.Ordinal);
        Assert.Contains("docs/fleet.md", error.Hint!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_database_elsewhere_is_reached_by_TLS_with_its_name_verified()
    {
        Secret("secret", "x");
        const string Rest = "broker: amqp://a@h/v\nbroker-password-file: secret\ndatabase-password-file: secret\n";
        Assert.Contains(
            "SSL Mode=VerifyFull", FleetSettings.Read(Write(Rest + "database: postgresql://u@db.example.org/fleet")).DatabaseConnection,
            StringComparison.Ordinal);
        Assert.DoesNotContain(
            "VerifyFull", FleetSettings.Read(Write(Rest + "database: postgresql://u@127.0.0.1:5433/fleet")).DatabaseConnection,
            StringComparison.Ordinal);
    }

    // The text, with the lines of a whole file that it does not have itself; a text that is not YAML of that kind stands alone.
    private static string Whole(string text)
    {
        string[] lines =
            ["zone: lan", "broker: amqp://a@h/v", "broker-password-file: secret", "networks: [198.51.100.0/24]"];
        return text.StartsWith("zne", StringComparison.Ordinal) || text.StartsWith("zone: [", StringComparison.Ordinal) || text[0] == '-'
            ? text
            : text + string.Concat(
                lines.Where(l => !$"\n{text}".Contains($"\n{l.Split(' ')[0]}", StringComparison.Ordinal)).Select(static l => l + "\n"));
    }

    private string Write(string text)
    {
        var path = Path.Combine(_folder, "settings.yaml");
        File.WriteAllText(path, text);
        return path;
    }

    private void Secret(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
