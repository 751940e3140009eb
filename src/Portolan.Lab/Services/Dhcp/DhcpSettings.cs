namespace Portolan.Lab.Services.Dhcp;

/// <summary>What a DHCP server gives, as the topology has it or as its network is.</summary>
internal sealed class DhcpSettings
{
    /// <summary>The most addresses of a pool.</summary>
    internal const int MostAddresses = 4096;

    private const int UsualAddresses = 100;
    private const int UsualLease = 3600;
    private const int MostServers = 3;

    private readonly ServiceCall _call;
    private readonly LabNeighbourhood _network;

    private DhcpSettings(ServiceCall call, LabNeighbourhood network) => (_call, _network) = (call, network);

    internal static IReadOnlyList<ServiceSetting> All { get; } =
    [
        new(
            "pool",
            $"the addresses it gives, as FIRST-LAST, at most {MostAddresses}; by default the first {UsualAddresses} free "
                + $"addresses of its network") { Check = CheckPool },
        new("lease", $"for how many seconds; by default {UsualLease}") { Check = SettingChecks.Number(10, int.MaxValue) },
        new("router", "the router it names; by default that of its network") { Check = CheckAddress },
        new("name-server", "the name server it names; by default those of the lab, at most three") { Check = CheckAddress },
    ];

    /// <summary>The server's address.</summary>
    internal InternetAddress Own => InternetAddress.From(_call.Local.Address);

    /// <summary>Its network.</summary>
    internal AddressPrefix Prefix => _network.Prefix;

    internal TimeSpan LeaseTime => TimeSpan.FromSeconds(_call.Number("lease", UsualLease));

    internal string Domain => _call.Host.Directory.Domain;

    internal IReadOnlyList<InternetAddress> Routers =>
        Told("router") is { } told ? [told] : _network.Gateway is { } gateway ? [gateway] : [];

    internal IReadOnlyList<InternetAddress> NameServers => Told("name-server") is { } told
        ? [told]
        : [.. _call.Host.Directory.HostsWith("dns").SelectMany(_call.Host.Directory.Find).Where(static a => a.IsIPv4).Distinct().Take(
            MostServers)];

    /// <summary>The settings of a call; <c>null</c> when its host is in no network that it could give addresses of.</summary>
    internal static DhcpSettings? Of(ServiceCall call) => call.Host.Network is { } network ? new DhcpSettings(call, network) : null;

    /// <summary>The addresses that it may give: none that a host has.</summary>
    internal IReadOnlyList<InternetAddress> FindPool()
    {
        var pool = new List<InternetAddress>();
        var (first, last, most) = TryParsePool(_call.Setting("pool", ""), out var told)
            ? (told.First, told.Last, MostAddresses)
            : (Usable.First, Usable.Last, UsualAddresses);
        for (var bits = (ulong)first.IPv4Bits; bits <= last.IPv4Bits && bits - first.IPv4Bits < ushort.MaxValue
            && pool.Count < most; bits++)
        {
            var address = InternetAddress.FromIPv4((uint)bits);
            if (Usable.Contains(address) && !_network.IsTaken(address))
            {
                pool.Add(address);
            }
        }

        return pool;
    }

    private Topology.AddressRange Usable => Topology.AddressRange.OfHosts(Prefix);

    private InternetAddress? Told(string name) => InternetAddress.TryParse(_call.Setting(name, ""), out var address) ? address : null;

    private static string? CheckAddress(string value) =>
        InternetAddress.TryParse(value, out var address) && address.IsIPv4 ? null : $"is an IPv4 address, not \"{value}\"";

    private static string? CheckPool(string value) =>
        !TryParsePool(value, out var pool) ? $"is IPv4 addresses as FIRST-LAST, not \"{value}\""
        : pool.Count > MostAddresses ? $"has more than {MostAddresses} addresses" : null;

    private static bool TryParsePool(string text, out Topology.AddressRange range)
    {
        range = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || !InternetAddress.TryParse(text.AsSpan(0, dash).Trim(), out var first)
            || !InternetAddress.TryParse(text.AsSpan(dash + 1).Trim(), out var last)
            || !first.IsIPv4 || !last.IsIPv4 || first > last)
        {
            return false;
        }

        range = new Topology.AddressRange(first, last);
        return true;
    }
}
