namespace Portolan.Firewall.Host;

/// <summary>The settings of /proc/sys/net that hold for all interfaces (Documentation/networking/ip-sysctl.rst). Those of one interface come with its link.</summary>
/// <remarks>/proc/sys/net shows the network namespace of the thread that reads it.</remarks>
internal sealed class HostSettings
{
    private readonly List<MissingFact> _missing = [];
    private readonly string _root;

    internal HostSettings(string procRoot)
    {
        _root = Path.Combine(procRoot, "sys/net");
        ReversePathFilter = Number("ipv4/conf/all/rp_filter");
        AcceptsLocalSources = Number("ipv4/conf/all/accept_local") != 0;
        RoutesLoopback = Number("ipv4/conf/all/route_localnet") != 0;
        ChecksSourcesByMark = Number("ipv4/conf/all/src_valid_mark") != 0;
        ForwardsIPv4 = Number("ipv4/ip_forward") != 0;
        HasIPv6 = Directory.Exists(Path.Combine(_root, "ipv6"));
        ForwardsIPv6 = HasIPv6 && Number("ipv6/conf/all/forwarding") != 0;
    }

    internal int ReversePathFilter { get; }

    internal bool AcceptsLocalSources { get; }

    internal bool RoutesLoopback { get; }

    internal bool ChecksSourcesByMark { get; }

    internal bool ForwardsIPv4 { get; }

    internal bool ForwardsIPv6 { get; }

    internal bool HasIPv6 { get; }

    internal IReadOnlyList<MissingFact> Missing => _missing;

    private int Number(string name)
    {
        try
        {
            using var file = File.OpenHandle(Path.Combine(_root, name));
            Span<byte> text = stackalloc byte[16];
            if (System.Buffers.Text.Utf8Parser.TryParse(text[..RandomAccess.Read(file, text, 0)], out int value, out _))
            {
                return value;
            }

            _missing.Add(new MissingFact(name, "it holds no number"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _missing.Add(new MissingFact(name, "it cannot be read"));
        }

        return 0;
    }
}
