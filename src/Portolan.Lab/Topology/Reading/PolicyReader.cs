namespace Portolan.Lab.Topology.Reading;

/// <summary>Reads what becomes of a port: a word, a phrase, or a mapping whose first key says which policy it is.</summary>
internal static class PolicyReader
{
    /// <summary>Bytes of a tarpit come so often when nothing is said.</summary>
    public static readonly TimeSpan UsualTarpitInterval = TimeSpan.FromSeconds(10);

    /// <summary>A flapping port changes so often when nothing is said.</summary>
    public static readonly TimeSpan UsualPeriod = TimeSpan.FromSeconds(10);

    /// <summary>Knocking opens a port for so long when nothing is said.</summary>
    public static readonly TimeSpan UsualOpenFor = TimeSpan.FromSeconds(30);

    /// <summary>The most ports that one must knock at.</summary>
    public const int MostKnocks = 16;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly string[] KindKeys = ["knock", "flapping", "syn-proxy", "tarpit", "rate-limit", "proxy", "exec", "service"];
    private static readonly TransportProtocol[] Tcp = [TransportProtocol.Tcp];

    /// <summary>Reads a policy that holds for these protocols; anything wrong is a fault.</summary>
    public static PortPolicy? Read(TreeNode node, IReadOnlyList<TransportProtocol> protocols, FaultList faults)
    {
        switch (node)
        {
            case TreeMap map:
                return ReadMap(map, protocols, faults);
            case TreeScalar { IsNull: false } scalar:
                return ReadPhrase(scalar, protocols, faults);
            default:
                faults.Error(
                    node, $"a port is one value or a mapping, not {node.Kind}",
                    $"write open, closed, filtered, reject or the name of a service");
                return null;
        }
    }

    private static PortPolicy? ReadPhrase(TreeScalar scalar, IReadOnlyList<TransportProtocol> protocols, FaultList faults)
    {
        switch (scalar.Text)
        {
            case "open":
                return PortPolicy.Open;
            case "closed":
                return PortPolicy.Closed;
            case "filtered":
                return PortPolicy.Filtered;
            case "tarpit":
                return IsTcp(scalar, "a tarpit", protocols, faults) ? new TarpitPort(UsualTarpitInterval) : null;
            case "syn-proxy":
                return IsTcp(scalar, "a SYN proxy", protocols, faults) ? new SynProxyPort(null) : null;
        }

        var phrase = new Phrase(scalar);
        if (phrase.TryTake("reject"))
        {
            return phrase.TakeRejectKind(faults) is { } kind && phrase.EndsHere($"write reject, or reject with ERROR", faults)
                ? new RejectedPort(kind)
                : null;
        }

        return ServiceReader.Read(scalar, protocols, faults) is { } service ? new OpenPort(service) : null;
    }

    private static PortPolicy? ReadMap(TreeMap map, IReadOnlyList<TransportProtocol> protocols, FaultList faults)
    {
        var kind = Array.Find(KindKeys, k => map.Entries.Any(e => e.Key.Text == k));
        switch (kind)
        {
            case "service":
                return ServiceReader.Read(map, protocols, faults) is { } service ? new OpenPort(service) : null;
            case "rate-limit":
                return ReadRateLimit(map, faults);
            case "flapping":
                return ReadFlapping(map, protocols, faults);
            case "tarpit":
                return ReadTarpit(map, protocols, faults);
            case "syn-proxy":
                return ReadSynProxy(map, protocols, faults);
            case "knock":
                return ReadKnock(map, protocols, faults);
            case "proxy":
                return IsTcp(map, "a proxy", protocols, faults) ? OutsideReader.ReadProxy(map, faults) : null;
            case "exec":
                return IsTcp(map, "a port that runs a program", protocols, faults) ? OutsideReader.ReadExec(map, faults) : null;
            default:
                faults.Error(map, "no key says what becomes of the port", $"one of its keys is {Advice.List(KindKeys)}");
                return null;
        }
    }

    private static RateLimitedPort? ReadRateLimit(TreeMap map, FaultList faults)
    {
        if (MapReader.Open(map, "a rate limit", faults, "rate-limit", "with") is not { } reader)
        {
            return null;
        }

        var perSecond = reader.Number("rate-limit", 1, 1_000_000, 1);
        var with = reader.Scalar("with");
        return (with is null ? RefusalKind.TcpReset : Words.Reject(with, with.Text, faults)) is { } kind
            ? new RateLimitedPort(kind, perSecond)
            : null;
    }

    private static FlappingPort? ReadFlapping(TreeMap map, IReadOnlyList<TransportProtocol> protocols, FaultList faults)
    {
        if (MapReader.Open(map, "a flapping port", faults, "flapping", "period", "open") is not { } reader)
        {
            return null;
        }

        var period = reader.Duration("period", Shortest, UsualPeriod);
        var share = reader.Share("open", 0.5);
        var node = reader.Node("flapping");
        return (node is null ? ServiceSpec.Mute : ServiceReader.Read(node, protocols, faults)) is { } service
            ? new FlappingPort(service, period, share)
            : null;
    }

    private static TarpitPort? ReadTarpit(TreeMap map, IReadOnlyList<TransportProtocol> protocols, FaultList faults)
    {
        var reader = MapReader.Open(map, "a tarpit", faults, "tarpit");
        return reader is not null && IsTcp(map, "a tarpit", protocols, faults)
            ? new TarpitPort(reader.Duration("tarpit", Shortest, UsualTarpitInterval))
            : null;
    }

    private static SynProxyPort? ReadSynProxy(TreeMap map, IReadOnlyList<TransportProtocol> protocols, FaultList faults)
    {
        if (MapReader.Open(map, "a SYN proxy", faults, "syn-proxy") is not { } reader || !IsTcp(map, "a SYN proxy", protocols, faults))
        {
            return null;
        }

        if (reader.Node("syn-proxy") is not { } node)
        {
            return new SynProxyPort(null);
        }

        return ServiceReader.Read(node, Tcp, faults) is { } behind ? new SynProxyPort(behind) : null;
    }

    private static KnockPort? ReadKnock(TreeMap map, IReadOnlyList<TransportProtocol> protocols, FaultList faults)
    {
        if (MapReader.Open(map, "a port that opens by knocking", faults, "knock", "service", "open-for") is not { } reader)
        {
            return null;
        }

        var knocks = new List<PortNumber>();
        var items = reader.Items("knock");
        foreach (var item in items)
        {
            if (MapReader.One(item, "knock", faults) is { } scalar
                && PortText.ReadOne(scalar, scalar.Text, protocols.Count > 0 ? protocols[0] : TransportProtocol.Tcp, faults) is { } port)
            {
                knocks.Add(port);
            }
        }

        if (items.Count is 0 or > MostKnocks)
        {
            faults.Error(
                map, $"knock names {(items.Count == 0 ? "no port" : "too many ports")}",
                $"write 1 to {MostKnocks} ports, e.g. [7000, 8000, 9000]");
        }

        var openFor = reader.Duration("open-for", Shortest, UsualOpenFor);
        var node = reader.Node("service");
        return (node is null ? ServiceSpec.Mute : ServiceReader.Read(node, protocols, faults)) is { } service
            ? new KnockPort(knocks, service, openFor)
            : null;
    }

    private static bool IsTcp(TreeNode at, string what, IReadOnlyList<TransportProtocol> protocols, FaultList faults)
    {
        if (!protocols.Contains(TransportProtocol.Udp))
        {
            return true;
        }

        faults.Error(at, $"{what} is of TCP only", protocols.Count > 1 ? Advice.Of($"write it for default-tcp") : $"leave out /udp");
        return false;
    }
}
