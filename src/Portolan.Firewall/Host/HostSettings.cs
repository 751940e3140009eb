using Portolan.Linux.Proc;

namespace Portolan.Firewall.Host;

/// <summary>
/// The settings of /proc/sys/net that hold for all interfaces (Documentation/networking/ip-sysctl.rst). Those of one interface come with
/// its link.
/// </summary>
/// <remarks>They are read as text by name below /proc/sys/net, which shows the network namespace of the thread that reads it.</remarks>
internal sealed class HostSettings
{
    private readonly List<MissingFact> _missing = [];
    private readonly Func<string, string?> _read;

    internal HostSettings(string procRoot)
        : this(name => SystemSetting.Read(procRoot, "net/" + name))
    {
        if (_missing.Count > 0 && !ProcMount.IsThere(procRoot))
        {
            // One reason, and one mend.
            _missing.Clear();
            _missing.Add(new MissingFact(
                MissingFactCode.NetworkSetting, "the network's settings (rp_filter, forwarding and others)", ProcMount.NotMounted));
        }
    }

    /// <param name="read">Reads a setting; <c>null</c> when it cannot be read.</param>
    internal HostSettings(Func<string, string?> read)
    {
        _read = read;
        ReversePathFilter = Number("ipv4/conf/all/rp_filter");
        AcceptsLocalSources = Number("ipv4/conf/all/accept_local") != 0;
        SendsRedirects = Number("ipv4/conf/all/send_redirects") != 0;
        RoutesLoopback = Number("ipv4/conf/all/route_localnet") != 0;
        ChecksSourcesByMark = Number("ipv4/conf/all/src_valid_mark") != 0;
        ForwardsIPv4 = Number("ipv4/ip_forward") != 0;

        // Absent as long as nothing is tracked; nothing is missing then.
        TakesUpConnections = read("netfilter/nf_conntrack_tcp_loose") is { } loose ? loose.Trim() != "0" : null;
        // Absent in kernels before 3.16, which do neither.
        AcceptsTcpMarks = IsSet("ipv4/tcp_fwmark_accept");
        ReflectsIPv4Marks = IsSet("ipv4/fwmark_reflect");
        ReflectsIPv6Marks = IsSet("ipv6/fwmark_reflect");
        DefaultTtl = int.TryParse(read("ipv4/ip_default_ttl"), System.Globalization.CultureInfo.InvariantCulture, out var ttl) ? ttl : 64;
        HasIPv6 = read("ipv6/conf/all/forwarding") is not null;
        ForwardsIPv6 = HasIPv6 && Number("ipv6/conf/all/forwarding") != 0;
    }

    internal int ReversePathFilter { get; }

    internal bool AcceptsLocalSources { get; }

    internal bool SendsRedirects { get; }

    internal bool RoutesLoopback { get; }

    internal bool ChecksSourcesByMark { get; }

    internal bool ForwardsIPv4 { get; }

    internal bool ForwardsIPv6 { get; }

    internal bool? TakesUpConnections { get; }

    internal bool AcceptsTcpMarks { get; }

    internal bool ReflectsIPv4Marks { get; }

    internal bool ReflectsIPv6Marks { get; }

    internal int DefaultTtl { get; }

    internal bool HasIPv6 { get; }

    internal IReadOnlyList<MissingFact> Missing => _missing;

    private bool IsSet(string name) => _read(name) is { } text && text.Trim() != "0";

    private int Number(string name)
    {
        if (_read(name) is not { } text)
        {
            _missing.Add(new MissingFact(MissingFactCode.NetworkSetting, name, "not readable below /proc/sys/net"));
            return 0;
        }

        if (int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }

        _missing.Add(new MissingFact(MissingFactCode.NetworkSetting, name, "it does not contain a number"));
        return 0;
    }
}
