using Portolan.Model;

namespace Portolan.Scan.Identification;

/// <summary>In which order a port is asked: what usually listens there first, then what is common anywhere.</summary>
internal sealed class ProbePlan
{
    private IReadOnlyList<ServiceProtocol>? _askers;
    private IReadOnlyList<ServiceProtocol> _silent = [];
    private ILookup<ServiceProbe, ServiceProtocol> _knownBy = Array.Empty<ServiceProtocol>().ToLookup(static _ => default(ServiceProbe)!);

    private ProbePlan(
        bool beginsWithTls, TimeSpan greetingWait, IReadOnlyList<ServiceProbe> plain, IReadOnlyList<ServiceProbe> secure,
        IReadOnlyList<ServiceProtocol> readers) =>
        (BeginsWithTls, GreetingWait, Plain, Secure, Readers) = (beginsWithTls, greetingWait, plain, secure, readers);

    /// <summary>The port is usually inside TLS.</summary>
    public bool BeginsWithTls { get; }

    /// <summary>How long it is listened to before it is asked.</summary>
    public TimeSpan GreetingWait { get; }

    /// <summary>What is asked, in this order.</summary>
    public IReadOnlyList<ServiceProbe> Plain { get; }

    /// <summary>What is asked inside TLS, in this order.</summary>
    public IReadOnlyList<ServiceProbe> Secure { get; }

    /// <summary>Who reads the replies, in this order.</summary>
    public IReadOnlyList<ServiceProtocol> Readers { get; }

    /// <summary>Makes the plan of a port.</summary>
    public static ProbePlan For(ServiceTarget target, IdentifySettings settings, IReadOnlyList<ServiceProtocol> protocols)
    {
        var (port, transport) = (target.Port, target.Protocol);
        var usual = protocols.Where(p => p.Ports.Contains(port.Value)).OrderBy(p => PlaceOf(p.Ports, port)).ToList();
        var secure = protocols.Where(p => p.TlsPorts.Contains(port.Value)).OrderBy(p => PlaceOf(p.TlsPorts, port)).ToList();
        var common = protocols.Where(p => p.Rarity <= settings.Intensity || (settings.AllPorts && p.Rarity > 9))
            .OrderBy(static p => p.Rarity).ToList();

        // Those that a question of another protocol finds too are asked last.
        common = [.. common.OrderBy(p => p.SharedQuestion is { } shared && common.Exists(other => other.Opening == shared))];
        if (!settings.AllPorts && usual.Concat(secure).Any(static p => p.IsIndustrial))
        {
            return ForIndustry(
                [.. usual.Where(static p => p.IsIndustrial)], [.. secure.Where(static p => p.IsIndustrial)], settings, protocols);
        }

        // A printer prints what it does not know.
        if (target.IsOfPrinter && !settings.AllPorts)
        {
            common = [];
        }

        // A silent port is worth its own questions, or one round of the commonest.
        var together = target.IsSilent && usual.Count == 0 && settings.Intensity >= IdentifySettings.SilentIntensity
            ? Openings(common).Where(static probe => !probe.IsAnsweredFromAnyPort).Take(settings.MaxTogether).ToList()
            : [];
        if (target.IsSilent)
        {
            common = [];
        }

        return new ProbePlan(
            secure.Count > 0 && usual.Count == 0 && transport == TransportProtocol.Tcp,
            WaitFor(usual.Count > 0 ? usual : secure, settings),
            Openings([.. usual, .. common]),
            Openings([.. secure, .. usual, .. common]),
            [.. protocols.Where(static p => p.ReadsFirst).Concat(usual).Concat(secure).Concat(protocols).Distinct()])
        {
            IsUsual = usual.Count > 0 || secure.Count > 0,
            TriesTls = transport == TransportProtocol.Tcp && (common.Count > 0 || secure.Count > 0),
            MaxConnections = usual.Exists(static p => p.CountsConnections) ? 1 : settings.MaxConnections,
            UsualCount = Openings(usual).Count,
            Together = together,
            AsksWhileItListens = common.Count > 0 && !usual.Concat(secure).Any(static p => p.MustGreetFirst),
            _silent = [.. usual.Where(static p => p.IsKnownBySilence)],
            _knownBy = protocols.Where(static p => p.Opening is not null)
                .SelectMany(static p => ((ServiceProbe?[])[p.Opening, p.SharedQuestion]).OfType<ServiceProbe>().Select(probe => (probe, p)))
                .ToLookup(static pair => pair.probe, static pair => pair.p),
        };
    }

    /// <summary>The plan of a port whose protocol is named: its own question, wherever the port is, and all read the answer.</summary>
    /// <param name="name">The protocol's name.</param>
    /// <param name="protocols">The protocols that are known; those of that name are asked.</param>
    /// <param name="settings">How far the question goes.</param>
    public static ProbePlan ForNamed(string name, IReadOnlyList<ServiceProtocol> protocols, IdentifySettings settings)
    {
        var named = protocols.Where(p => p.Name == name).ToList();
        return new ProbePlan(
            beginsWithTls: false, settings.GreetingWait, Openings(named), [],
            [.. protocols.Where(static p => p.ReadsFirst).Concat(named).Concat(protocols).Distinct()])
        {
            IsUsual = true,
            UsualCount = named.Count,
            MaxConnections = named.Exists(static p => p.CountsConnections) ? 1 : settings.MaxConnections,
            _silent = [.. named.Where(static p => p.IsKnownBySilence)],
        };
    }

    /// <summary>How many of <see cref="Plain"/> are of the port's usual protocols: they stand first.</summary>
    public int UsualCount { get; private init; }

    /// <summary>What a silent UDP port that is not a known protocol's is asked in one round.</summary>
    public IReadOnlyList<ServiceProbe> Together { get; private init; } = [];

    /// <summary>While the port may still greet, other connections to it are opened and asked.</summary>
    public bool AsksWhileItListens { get; private init; }

    /// <summary>The protocols whose servers are known by what they say to a question.</summary>
    public IEnumerable<ServiceProtocol> KnownBy(ServiceProbe question) => _knownBy[question];

    /// <summary>
    /// The protocol of this port whose opening a question is, where silence may tell something; <c>null</c> where it does not.
    /// </summary>
    public ServiceProtocol? KnownBySilence(ServiceProbe opening) =>
        _silent.FirstOrDefault(protocol => ReferenceEquals(protocol.Opening, opening));

    /// <summary>A protocol has this port usually.</summary>
    public bool IsUsual { get; private init; }

    /// <summary>The port is one of industrial protocols, and asked nothing else.</summary>
    public bool IsOfIndustry { get; private init; }

    /// <summary>TLS may be tried here.</summary>
    public bool TriesTls { get; private init; }

    /// <summary>The most connections.</summary>
    public int MaxConnections { get; private init; }

    /// <summary>Whether a protocol may ask further after its reply is known.</summary>
    public bool MayAskFurther(ServiceProtocol protocol) => _askers is null || _askers.Contains(protocol);

    // Their own questions on one connection, in TLS where that is their own, and nothing else whatever the peer says.
    private static ProbePlan ForIndustry(
        ServiceProtocol[] usual, ServiceProtocol[] secure, IdentifySettings settings, IReadOnlyList<ServiceProtocol> protocols) =>
        new(
            usual.Length == 0, settings.BriefGreetingWait, Openings(usual), Openings(secure),
            [.. protocols.Where(static p => p.ReadsFirst).Concat(usual).Concat(secure).Concat(protocols).Distinct()])
        {
            IsUsual = true,
            IsOfIndustry = true,
            TriesTls = usual.Length == 0,
            MaxConnections = 1,
            _askers = [.. usual, .. secure],
        };

    private static TimeSpan WaitFor(List<ServiceProtocol> own, IdentifySettings settings) => own switch
    {
        [] => settings.ShortGreetingWait,
        [{ Opening: null }, ..] => settings.GreetingWait,
        _ when own.Exists(static p => p.Opening is null) => settings.ShortGreetingWait,
        _ => settings.BriefGreetingWait,
    };

    private static IReadOnlyList<ServiceProbe> Openings(IReadOnlyList<ServiceProtocol> protocols) =>
        [.. protocols.Select(static p => p.Opening).OfType<ServiceProbe>().Distinct()];

    private static int PlaceOf(IReadOnlyList<ushort> ports, PortNumber port)
    {
        for (var i = 0; i < ports.Count; i++)
        {
            if (ports[i] == port.Value)
            {
                return i;
            }
        }

        return ports.Count;
    }
}
