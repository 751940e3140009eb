using Npgsql;
using Portolan.Fleet.Agent;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Database;

namespace Portolan.Fleet.Settings;

/// <summary>What coordinators and operators of a fleet need, from one file.</summary>
/// <param name="Broker">The broker.</param>
/// <param name="Management">Its management API.</param>
/// <param name="DatabaseConnection">The database, in Npgsql's form.</param>
public sealed record FleetSettings(BrokerAddress Broker, Uri Management, string DatabaseConnection)
{
    /// <summary>The file where none is named.</summary>
    public const string UsualFile = "/etc/portolan/fleet.yaml";

    /// <summary>The broker as agents reach it; its user does not count.</summary>
    public required Uri ForAgents { get; init; }

    private static readonly string[] Known =
    [
        "broker", "broker-password-file", "broker-ca-file", "broker-management", "broker-for-agents", "database",
        "database-password-file", "database-ca-file",
    ];

    /// <summary>Reads the file.</summary>
    /// <exception cref="PortolanException">It is missing, wrong, or a secret in it is readable by others.</exception>
    public static FleetSettings Read(string path)
    {
        var file = SettingsFile.Read(path, Known, $"write it as docs/fleet.md shows, or name another with --config");
        var broker = AgentSettingsFile.Broker(file, $"write broker: amqp://portolan@127.0.0.1:5672/fleet");
        var management = file.Find("broker-management") ?? $"http://{broker.Uri.Host}:15672";
        if (!Uri.TryCreate(management, UriKind.Absolute, out var api) || api.Scheme is not ("http" or "https"))
        {
            throw file.Wrong("broker-management", "is a URL", $"write broker-management: http://127.0.0.1:15672");
        }

        var forAgents = file.Find("broker-for-agents") is { } other
            ? BrokerAddress.Parse(other.Replace("://", "://agent@", StringComparison.Ordinal), "").Uri : broker.Uri;
        return new FleetSettings(broker, api, Connection(file)) { ForAgents = forAgents };
    }

    /// <summary>Prepares connections to the database.</summary>
    public FleetDatabase OpenDatabase() => FleetDatabase.Open(DatabaseConnection);

    private static string Connection(SettingsFile file)
    {
        var text = file.Get("database", $"write database: postgresql://portolan@127.0.0.1:5432/portolan");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgresql" or "postgres") || uri.Host.Length == 0
            || uri.UserInfo.Length == 0 || uri.UserInfo.Contains(':', StringComparison.Ordinal) || uri.AbsolutePath.Length < 2)
        {
            throw file.Wrong(
                "database", "is postgresql://USER@HOST:PORT/NAME, without a password",
                $"write database: postgresql://portolan@127.0.0.1:5432/portolan");
        }

        return new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host.Trim('[', ']'),
            Port = uri.IsDefaultPort || uri.Port < 0 ? NpgsqlConnection.DefaultPort : uri.Port,
            Username = Uri.UnescapeDataString(uri.UserInfo),
            Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]),
            Password = file.Secret("database-password-file", $"write database-password-file: database.password"),
            SslMode = IsLoopback(uri.Host) ? SslMode.Prefer : SslMode.VerifyFull,
            RootCertificate = file.FileOf("database-ca-file"),
            ApplicationName = "portolan fleet",
            Timeout = 5,
            CommandTimeout = 60,
            MaxPoolSize = 20,
        }.ConnectionString;
    }

    private static bool IsLoopback(string host) =>
        host == "localhost" || (InternetAddress.TryParse(host.Trim('[', ']'), out var address) && address.IsLoopback);
}

/// <summary>Reads the settings of an agent.</summary>
public static class AgentSettingsFile
{
    /// <summary>The file where none is named.</summary>
    public const string UsualFile = "/etc/portolan/agent.yaml";

    private static readonly string[] Known =
        ["zone", "broker", "broker-password-file", "broker-ca-file", "networks", "exclude", "ports", "printer-ports", "max-rate"];

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mayScanNothing">Networks may be missing.</param>
    /// <exception cref="PortolanException">It is missing, wrong, or a secret in it is readable by others.</exception>
    public static AgentSettings Read(string path, bool mayScanNothing = false)
    {
        var file = SettingsFile.Read(path, Known, $"write it as docs/fleet.md shows, or name another with --config");
        var networks = Prefixes(file, "networks");
        if (networks.Count == 0 && !mayScanNothing)
        {
            throw new PortolanException(
                $"{path}: networks is missing, so the agent may scan nothing", $"write networks: [198.51.100.0/24]", ExitCode.Usage);
        }

        var ports = file.Find("ports") is not { } text ? PortSet.All()
            : PortSet.TryParse(text, out var set, out var error) ? set
            : throw file.Wrong("ports", $"is a list of ports: {error.Reason}", $"write ports: 1-1024,3306");
        ports.Remove(PortNumber.Zero);
        var zone = file.Get("zone", $"write zone: lan");
        return new AgentSettings(
            IsZone(zone) ? zone : throw file.Wrong("zone", "is up to 60 letters, digits, - and _, and not all", $"write zone: lan"),
            Broker(file, $"write broker: amqps://lan-1@192.0.2.1:5671/fleet"),
            new AgentScope(networks, Prefixes(file, "exclude"), ports, file.Flag("printer-ports"), file.Number("max-rate")));
    }

    /// <summary>Whether a text names an agent or a zone: it is a part of queues' and users' names.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= 60 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>Whether a text names a zone: <c>all</c> stands for every zone.</summary>
    public static bool IsZone(string text) => IsName(text) && text != "all";

    /// <summary>The broker that a file names, with the password and the authority that it names.</summary>
    internal static BrokerAddress Broker(SettingsFile file, Advice example)
    {
        var address = BrokerAddress.Parse(
            file.Get("broker", example), file.Secret("broker-password-file", $"write broker-password-file: broker.password"));
        return file.FileOf("broker-ca-file") is { } authority ? address with { Authority = PinnedAuthority.ReadText(authority) } : address;
    }

    private static List<AddressPrefix> Prefixes(SettingsFile file, string key)
    {
        var prefixes = new List<AddressPrefix>();
        foreach (var text in file.List(key))
        {
            prefixes.Add(
                AddressPrefix.TryParse(text, out var prefix) ? prefix
                : throw file.Wrong(key, $"has '{TerminalText.Escape(text)}', which is not a network", $"write {key}: [198.51.100.0/24]"));
        }

        return prefixes;
    }
}
