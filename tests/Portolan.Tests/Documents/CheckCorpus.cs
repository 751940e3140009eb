using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Checking;
using Portolan.Scan.Checking.Expectations;
using Portolan.Scan.Identification;
using Portolan.Scan.Names;

namespace Portolan.Tests.Documents;

/// <summary>Checks with every kind of step, and each step with everything and with nothing.</summary>
internal static class CheckCorpus
{
    private const string Hostile = DocumentCorpus.Hostile;

    private static readonly byte[] Bytes = [0, 27, 255, 0xc3, 0xa9, 10];

    private static readonly IdentifiedService Identified = new("http")
    {
        Product = Hostile,
        Version = Hostile,
        Info = Hostile,
        OperatingSystem = "Linux",
        HostName = "größe.example",
        Cpes = ["cpe:/a:nginx:nginx:1.22.1", Hostile],
        Tunnel = "ssl",
        Confidence = 1,
    };

    private static readonly SocketPair Pair = new(
        TransportProtocol.Tcp, At("2001:db8::1"), new PortNumber(65535), At("2001:db8::2"),
        new PortNumber(1));

    private static readonly IcmpRefusal Icmp = new(false, 3, 13, At("192.0.2.1"));

    private static readonly IcmpRefusal Icmp6 = new(true, 255, 0, At("fe80::1"));

    private static readonly ServiceScheme Redis = new("redis", "Redis", "redis", 6379);

    public static IReadOnlyList<CheckVerdict> Verdicts { get; } =
    [
        new(
            new CheckReport(
                Target(Hostile), DocumentCorpus.Noon, TimeSpan.FromTicks(12_345_678),
                [new CheckHop(Target("a"), [.. Steps()]), new CheckHop(Target("b"), [])]),
            [
                new(new ReachedExpectation(Hostile), true, Hostile), new(new ReachedExpectation("reached"), false, ""),
                new(new ReachedExpectation("x"), null, "y"),
            ]),
        new(
            new CheckReport(Target("udp"), DocumentCorpus.Noon, TimeSpan.Zero, [new CheckHop(Target("udp"), [Failure()])]), []),
    ];

    private static CheckTarget Target(string text) => new(text, CheckScheme.Https, "größe.example", new PortNumber(8443)) { Path = "/<é>" };

    private static InternetAddress At(string text) => DocumentCorpus.Address(text);

    private static HttpRedirectStep Failure() => new("") { Time = default, Result = StepResult.LocalFailure, Summary = "" };

    private static IEnumerable<CheckStep> Steps()
    {
        var time = new StepTime(TimeSpan.FromTicks(1), TimeSpan.FromTicks(15_000));
        var all = Facts().ToList();
        for (var i = 0; i < all.Count; i++)
        {
            yield return all[i] with
            {
                Time = i == 0 ? new StepTime(TimeSpan.FromTicks(5), TimeSpan.FromDays(1)) : time,
                Result = (StepResult)(i % 4),
                Summary = i == 0 ? Hostile : $"step {i}",
                Meaning = i % 2 == 0 ? Hostile : null,
            };
        }
    }

    private static IEnumerable<CheckStep> Facts()
    {
        var dns = new DnsStep(
            new DnsServer(At("fe80::53"), 2, new PortNumber(5353)), Hostile, (DnsType)257, DnsCarrier.Tcp,
            DnsOutcome.Answered,
            new DnsAnswer(
                DnsResponseCode.Refused, true, false, true,
                [
                    new(Hostile, DnsType.Txt, uint.MaxValue, Hostile, null), new("a", DnsType.A, 0, "192.0.2.1", At("192.0.2.1")),
                ]),
            3, null, TimeSpan.FromMilliseconds(1.5));
        yield return new NameStep(Hostile, new NameAnswer(Hostile, [At("192.0.2.1"), At("::1")], null)
        {
            CanonicalName = Hostile,
            Steps =
            [
                new HostsFileStep($"/etc/{Hostile}", Hostile, [], TimeSpan.Zero),
                new SystemStep(Hostile, Hostile, [], Hostile, TimeSpan.Zero),
                new SystemStep("", "", [], null, TimeSpan.FromTicks(10)), dns,
            ],
        })
        { Time = default, Result = default, Summary = "" };
        yield return new NameStep("", new NameAnswer("", [], "none")) { Time = default, Result = default, Summary = "" };
        yield return new QueryStep(
            Hostile, DnsType.Any,
            [
                new(dns, Pair, null, Icmp),
                .. Enum.GetValues<DnsOutcome>().Select(outcome => new DnsQuestionSent(
                    dns with { Outcome = outcome, Answer = null, Carrier = DnsCarrier.Udp, Error = Hostile, Rejected = 0 }, null,
                    DatagramOutcome.Refused, Icmp6)),
            ])
        { Time = default, Result = default, Summary = "" };
        yield return new QueryStep("", DnsType.A, []) { Time = default, Result = default, Summary = "" };
        yield return new RouteStep(
            [
                new(
                    At("192.0.2.1"),
                    new RouteAnswer(
                        new Route(2, $"eth{Hostile}", LinkLayer.Ethernet, At("192.0.2.9"),
                            At("192.0.2.254"), true, int.MaxValue),
                        null, null)),
                new(At("::1"), new RouteAnswer(
                    new Route(1, "lo", LinkLayer.Ip, At("::1"), null, false, 65536), "x", null)),
                new(At("::2"), new RouteAnswer(null, Hostile, null)),
            ])
        { Time = default, Result = default, Summary = "" };
        yield return new RouteStep([]) { Time = default, Result = default, Summary = "" };
        yield return new ConnectStep(
            [.. Enum.GetValues<ConnectionOutcome>().Select(outcome => new ConnectTry(
                At("192.0.2.1"), TimeSpan.FromTicks(123), TimeSpan.FromTicks(3_000_000), outcome, Hostile)
            {
                Pair = outcome == ConnectionOutcome.Connected ? Pair : null,
                Icmp = outcome == ConnectionOutcome.Unreachable ? Icmp : null,
                Tcp = outcome switch
                {
                    ConnectionOutcome.Connected => new TcpFacts(int.MaxValue, TimeSpan.FromMicroseconds(41)),
                    ConnectionOutcome.TimedOut => new TcpFacts(0, TimeSpan.Zero),
                    _ => null,
                },
                Meaning = outcome == ConnectionOutcome.Refused ? Hostile : null,
            })])
        { Time = default, Result = default, Summary = "" };
        foreach (var outcome in Enum.GetValues<DatagramOutcome>())
        {
            var isReplied = outcome == DatagramOutcome.Replied;
            yield return new DatagramStep(At("::1"), isReplied ? Hostile : null, 48, new DatagramResult(outcome, 3)
            {
                Reply = isReplied ? Bytes : default(ReadOnlyMemory<byte>),
                AnsweredAfter = isReplied ? TimeSpan.FromTicks(999) : null,
                Pair = isReplied ? Pair : null,
                Icmp = isReplied ? null : Icmp6,
            })
            { Service = isReplied ? Hostile : null, Time = default, Result = default, Summary = "" };
        }

        yield return new DatagramStep(At("::1"), null, 0, new DatagramResult(DatagramOutcome.Replied, 1))
        {
            Time = default,
            Result = default,
            Summary = "",
        };
        yield return new TlsStep(
            Hostile, new TlsSession(Hostile, "TLS_AES_256_GCM_SHA384", Hostile),
            [
                new(
                    Hostile, Hostile, [Hostile, "a.example"], DocumentCorpus.Noon, DocumentCorpus.Noon, "01", "ab", "RSA 2048", Hostile,
                    true),
                new("", "", [], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, "", "", "", "", false),
            ],
            [.. Enum.GetValues<TlsFaultKind>().Select(static kind => new TlsFault(kind, Hostile))])
        {
            DaysLeft = int.MinValue,
            WantsClientCertificate = true,
            Time = default,
            Result = default,
            Summary = "",
        };
        yield return new TlsStep("", null, [], []) { Time = default, Result = default, Summary = "" };
        yield return new TlsStep("a", new TlsSession("TLS 1.3", "x", null), [], [])
        {
            Time = default,
            Result = default,
            Summary = "",
        };
        foreach (var ending in Enum.GetValues<BodyEnding>())
        {
            yield return new HttpStep(Hostile, new HttpAnswer(200, Hostile, "HTTP/1.1", TimeSpan.FromTicks(77), long.MaxValue, ending)
            {
                Server = Hostile,
                ContentType = Hostile,
                ContentLength = long.MaxValue,
                Location = Hostile,
                BodyLimit = 7,
            })
            { Time = default, Result = default, Summary = "" };
        }

        yield return new HttpStep("", new HttpAnswer(0, "", "", TimeSpan.Zero, 0, BodyEnding.Complete))
        {
            Identified = Identified,
            Time = default,
            Result = default,
            Summary = "",
        };
        yield return new HttpStep("x", null) { Time = default, Result = default, Summary = "" };
        yield return new HttpRedirectStep(Hostile) { Time = default, Result = default, Summary = "" };
        foreach (var outcome in Enum.GetValues<ServiceOutcome>())
        {
            yield return new IdentifyStep(new ServiceAnswer(outcome, outcome == ServiceOutcome.Identified ? Identified : null)
            {
                Heard = Bytes,
                Reason = Hostile,
            })
            { Time = default, Result = default, Summary = "" };
        }

        yield return new IdentifyStep(new ServiceAnswer(ServiceOutcome.Unknown, null)) { Time = default, Result = default, Summary = "" };
        foreach (var reaction in Enum.GetValues<ServiceReaction>())
        {
            yield return new ServiceStep(Redis, reaction == ServiceReaction.Answered ? Hostile : null, reaction, Bytes)
            {
                Identified = reaction == ServiceReaction.Answered ? Identified : new IdentifiedService("ssh"),
                Time = default,
                Result = default,
                Summary = "",
            };
        }

        yield return new ServiceStep(Redis, "", ServiceReaction.Silent, default) { Time = default, Result = default, Summary = "" };
        foreach (var ending in Enum.GetValues<GreetingEnding>())
        {
            yield return new GreetingStep(ending == GreetingEnding.Complete ? Bytes : default(ReadOnlyMemory<byte>), ending)
            {
                Time = default,
                Result = default,
                Summary = "",
            };
        }
    }
}
