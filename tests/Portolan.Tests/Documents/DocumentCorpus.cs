using Portolan.Model;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Origins;
using Portolan.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Tests.Documents;

/// <summary>Facts with everything that a document may have to carry: hostile text, nothing at all, the largest numbers.</summary>
internal static class DocumentCorpus
{
    /// <summary>
    /// What a process, a unit or a rule may call itself: control and bidirectional characters, quotes, half a surrogate pair.
    /// </summary>
    public const string Hostile = "a\u001b[2J\"\\/<>&'+`\u202eéß漢\u0007\u0085\u2028\ufeff\U0001F600\U000E0041\ud800\r\n\t\0";

    public const string Host = "web-3\u001b";

    public static DateTimeOffset Noon { get; } = new(2026, 8, 1, 14, 0, 0, 7, TimeSpan.FromHours(2));

    public static IReadOnlyList<MissingFact> Missing { get; } =
    [
        new(MissingFactCode.OwnersHidden, "the owners of 3 ports", $"processes of other users are hidden {Hostile}"),
        new(MissingFactCode.OwnersHidden, "", "") { Protocol = SocketProtocol.UdpLite, Namespace = new(0, null, 0, IsOwn: true) },
        new(MissingFactCode.OwnersHidden, "x", "y") { Protocol = SocketProtocol.Tcp, Namespace = new(0, null, 0, IsOwn: false) },
        new(MissingFactCode.OwnersHidden, "x", "y") { Namespace = new(ulong.MaxValue, null, 0, IsOwn: false) },
        new(MissingFactCode.OwnersHidden, "x", "y") { Namespace = new(7, Hostile, 0, IsOwn: false) },
    ];

    public static ContainerInfo Container { get; } = new(new string('c', 64), "docker", Hostile, null) { EngineUser = uint.MaxValue };

    public static ContainerInfo Claimed { get; } = new("id", "podman", null, "pod") { Grade = NameGrade.Claimed };

    public static ProcessInfo Bare { get; } = new(int.MaxValue, ulong.MaxValue) { Name = "" };

    public static ProcessInfo Full { get; } = new(812, 1)
    {
        Name = Hostile,
        CommandLine = ["node", Hostile, "", "--port=80"],
        StartedAt = Noon,
        Unit = "ssh\\x2d@1.service",
        IsUserUnit = true,
        Container = Container,
        WorkingDirectory = "/srv/\u202e",
        ExecutablePath = "/usr/bin/node (deleted)",
        UserId = 33,
    };

    public static RunningService Running { get; } = new(Hostile, ServiceSource.Asked)
    {
        Protocol = "http",
        Product = "nginx\u001b",
        Version = "1.22.1",
        Info = "Ubuntu <&>",
        OperatingSystem = "Linux",
        HostName = "größe.example",
        Cpes = ["cpe:/a:nginx:nginx:1.22.1", "cpe:/o:linux"],
        Tunnel = "ssl",
        Confidence = 10,
        IsClaimed = true,
    };

    public static PortForward Forward { get; } = new(TransportProtocol.Udp, new PortNumber(53))
    {
        Address = InternetAddress.AnyIPv6,
        TakesIPv4 = true,
        TakesIPv6 = true,
        Targets = ["192.0.2.7:80", Hostile],
        Sources = [Prefix("10.0.0.0/8"), Prefix("2001:db8::/32")],
        IsPartial = true,
        KeepsSource = false,
        Rule = $"inet {Hostile} handle 45",
        IsOfPortolan = true,
        Processes = [Full, Bare],
    };

    public static PortForward BareForward { get; } = new(TransportProtocol.Tcp, PortNumber.Zero) { Targets = [], Rule = "" };

    public static MachineFacts Facts()
    {
        var machine = new MachineBuilder().Listen("0.0.0.0:80").InNamespace(Hostile);
        machine.Interfaces.Add(0, 2, $"eth{Hostile}");
        return new MachineFacts
        {
            Snapshot = machine.Snapshot,
            UnseenNamespaces = null,
            ServiceName = static (_, port) => port.Value == 80 ? Hostile : null,
            PackageOf = static _ => Hostile,
        };
    }

    public static IReadOnlyList<PortBind> Binds { get; } =
    [
        new(Address("0.0.0.0"), false, 0), new(Address("::"), true, 2), new(Address("::"), null, 3),
        new(Address("fe80::1"), false, 1), new(Address("::ffff:127.0.0.1"), false, int.MaxValue),
    ];

    public static IReadOnlyList<PortOwner> Owners { get; } =
    [
        new() { Kind = OwnerKind.Process, Name = Hostile, Processes = [Full, Bare], UserId = 33 },
        new() { Kind = OwnerKind.Unit, Name = "ssh.service", Processes = [Full with { UnitGrade = NameGrade.Confirmed }] },
        new() { Kind = OwnerKind.Container, Name = "db", Processes = [], Container = Claimed, UserId = uint.MaxValue },
        new() { Kind = OwnerKind.SocketActivation, Name = "cups.socket", Processes = [Bare], ActivatedBy = Hostile, UserId = 0 },
        new() { Kind = OwnerKind.Kernel, Name = "", Processes = [] },
        new() { Kind = OwnerKind.Forwarded, Name = "192.0.2.7:80", Processes = [] },
        new() { Kind = OwnerKind.Hidden, Name = "", Processes = [], UserId = 5 },
        new() { Kind = OwnerKind.None, Name = "", Processes = [] },
    ];

    public static ChartModel Chart()
    {
        var rows = Owners.Select((owner, i) => new ChartRow
        {
            NamespaceIndex = i % 2,
            IsOwnNamespace = i % 2 == 0,
            Port = new PortNumber((ushort)(i * 9362)),
            Protocol = Enum.GetValues<TransportProtocol>()[i % Enum.GetValues<TransportProtocol>().Length],
            Binds = i == 1 ? [] : Binds,
            Owner = owner,
            Exposure = (PortExposure)(i % 5),
        }).ToList();
        rows[0] = rows[0] with
        {
            Port = new PortNumber(65535),
            Service = Hostile,
            Running = Running,
            Inquiry = new ServiceInquiry("unknown", "\\x00<b>", Hostile),
            Verdict = new PortVerdict(FirewallDecision.Depends, VerdictProof.Proved, ["0.0.0.0/0", Hostile], $"inet {Hostile} handle 7")
            {
                Summary = Hostile,
                Partly = ["::/0"],
                PartlyHow = "with source port 1024-4999",
                Undecided = ["10.0.0.0/8"],
                IsCut = true,
                Limit = "up to 3 a minute",
                Exceptions = [Hostile, ""],
            },
            Connections = int.MaxValue,
            BytesIn = ulong.MaxValue,
            BytesOut = 0,
            Forward = Forward,
            Notes = ["accept queue full (129 of 128)", Hostile],
        };
        rows[1] = rows[1] with
        {
            Running = new RunningService("redis", ServiceSource.Script),
            Verdict = new PortVerdict(FirewallDecision.Reject, VerdictProof.Depends, [], null),
            Forward = BareForward,
        };
        return new ChartModel(rows, [new("close-wait", Hostile), new("ephemeral-ports", "")], 3, 1);
    }

    public static IReadOnlyList<PortHolder> Holders { get; } =
    [
        Holder(HoldKind.Listening, Owners[0]) with { Ancestry = [Full, Bare, Full], Connections = 7 },
        Holder(HoldKind.Bound, Owners[1]),
        Holder(HoldKind.Connected, Owners[6]) with { Protocol = TransportProtocol.Sctp },
        Holder(HoldKind.Forwarded, Owners[2]) with { Binds = [] },
    ];

    public static PortReport Report { get; } = new()
    {
        Port = new PortNumber(80),
        Holders = Holders,
        NearestFree = null,
        Outlooks =
        [
            new(TransportProtocol.Tcp,
                [
                    Trial("0.0.0.0", 98, 0) with { Shared = new(TransportProtocol.Tcp, InternetAddress.AnyIPv4, new(80), User: 33) },
                    Trial("::", 13, 13), Trial("192.0.2.1", 99, 99), Trial("::1", 97, 97), Trial("::1", 12345, 1), Trial("127.0.0.1", 0, 0),
                ],
                [new(BindReasonCodes.Wildcard, Hostile, true), new(BindReasonCodes.Ephemeral, "", false)]),
            new(TransportProtocol.Udp, [], []),
        ],
    };

    public static PortReport FreeReport { get; } = new()
    {
        Port = PortNumber.Zero,
        Holders = [],
        NearestFree = new PortNumber(65535),
        Outlooks = [],
    };

    public static Origin Origin { get; } = new()
    {
        StartedBy = new("systemd", Hostile, $"/etc/{Hostile}") { IsGuess = true },
        PortFrom = new("argument", "--port=80", "process tree"),
        Warnings = [new("root", Hostile), new("world-writable", "")],
    };

    public static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException();

    private static BindTrial Trial(string address, int errno, int withReuse) =>
        new(new BindAttempt(TransportProtocol.Tcp, Address(address), new PortNumber(80)), errno, withReuse);

    private static PortHolder Holder(HoldKind kind, PortOwner owner) => new()
    {
        NamespaceIndex = 0,
        Port = new PortNumber(80),
        Protocol = TransportProtocol.Tcp,
        Kind = kind,
        Owner = owner,
        Binds = Binds,
    };

    private static AddressPrefix Prefix(string text) => AddressPrefix.TryParse(text, out var prefix) ? prefix : throw new FormatException();
}
