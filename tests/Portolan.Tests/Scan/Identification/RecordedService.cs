using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Scan.Probes.Payloads;
using Portolan.Tests.Scan.Checking;

namespace Portolan.Tests.Scan.Identification;

/// <summary>
/// What a real server said, unasked and to each probe: a file in <c>Recorded</c>. Its first line is <c>port t22</c> (or <c>u53</c>); every
/// other is a probe's name, or names of probes that followed each other on one connection (<c>a &gt; b</c>), or nothing for what came
/// unasked; then a colon and the bytes in base 64, and <c>end</c> where the server closed after them, <c>reset</c> where it reset the
/// connection. A probe without a line was met with silence.
/// </summary>
internal sealed class RecordedService
{
    private readonly Dictionary<string, (byte[] Bytes, bool Ends, bool Resets)> _replies = new(StringComparer.Ordinal);

    private static readonly InternetAddress Address = InternetAddress.TryParse("192.0.2.1", out var address)
        ? address
        : throw new FormatException();

    private RecordedService(string name, TransportProtocol protocol, ushort port) => (Name, Protocol, Port) = (name, protocol, port);

    /// <summary>The file's name.</summary>
    public string Name { get; }

    /// <summary>TCP or UDP.</summary>
    public TransportProtocol Protocol { get; }

    /// <summary>Where it listened.</summary>
    public ushort Port { get; }

    /// <summary>All that it said.</summary>
    public IEnumerable<(string Asked, byte[] Bytes)> Replies => _replies.Select(static reply => (reply.Key, reply.Value.Bytes));

    /// <summary>What it did with a question.</summary>
    public HttpReaction ReactionTo(string question) =>
        !_replies.TryGetValue(question, out var reply) || (reply.Bytes.Length == 0 && !reply.Ends) ? HttpReaction.Waits
        : reply.Bytes.Length > 0 ? HttpReaction.Speaks
        : HttpReaction.Closes;

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Scan", "Identification", "Recorded");

    /// <summary>The names of all recordings.</summary>
    public static IEnumerable<string> All() =>
        Directory.GetFiles(Folder, "*.txt").Select(static path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    /// <summary>Reads one.</summary>
    public static RecordedService Read(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, name + ".txt"));
        var port = lines[0]["port ".Length..];
        var service = new RecordedService(
            name, port[0] == 'u' ? TransportProtocol.Udp : TransportProtocol.Tcp,
            ushort.Parse(port.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture));
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.LastIndexOf(": ", StringComparison.Ordinal);
            if (colon >= 0)
            {
                var value = line[(colon + 2)..];
                var resets = value == "reset" || value.EndsWith(" reset", StringComparison.Ordinal);
                var ends = resets || value == "end" || value.EndsWith(" end", StringComparison.Ordinal);
                var bytes = ends ? value[..^(resets ? "reset" : "end").Length] : value;
                service._replies[line[..colon]] = (Convert.FromBase64String(bytes.Trim()), ends, resets);
            }
        }

        return service;
    }

    /// <summary>It, on a port.</summary>
    public ServiceTarget Target(ushort port) => new(new RemoteSocket(Address, null, new PortNumber(port)), Protocol, null);

    /// <summary>Asks it on a port, in virtual time.</summary>
    /// <param name="port">The port; the recording's own, or another.</param>
    /// <param name="network">How its bytes come.</param>
    /// <param name="settings">How far the question goes.</param>
    public ServiceAnswer Ask(ushort port, RecordedNetwork? network = null, IdentifySettings? settings = null)
    {
        var time = new TestTime();
        var target = Target(port);
        var sockets = new Sockets(this, target, time, network ?? new RecordedNetwork());
        var identifier = new ServiceIdentifier(sockets, time, settings ?? new IdentifySettings()) { HasTls = false };
        var answer = time.Run(() => identifier.IdentifyAsync(target, CancellationToken.None), mostSteps: 100_000);
        Assert.Empty(identifier.Faults.Take());
        return answer;
    }

    /// <summary>Checks it by a URL, in virtual time.</summary>
    /// <param name="url">The URL; its host is <c>192.0.2.1</c>.</param>
    /// <param name="identify">Whether a port that disappoints is asked what it is.</param>
    public CheckReport Check(string url, bool identify = true)
    {
        Assert.True(CheckTargetParser.TryParse(url, out var target, out var problem), problem.Reason);
        var time = new TestTime();
        var sockets = new Sockets(this, Target(target.Port.Value), time, new RecordedNetwork());
        var tools = new CheckTools(
            sockets, null!, [], static () => 1, Network: null, new UdpPayloads(1), static () => ("no TLS", Advice.Of($"none")), time);
        var start = new WarmUp(static () => Task.CompletedTask, static () => Task.CompletedTask, static () => Task.CompletedTask);
        var checker = new PortChecker(tools, new CheckOptions { Identify = identify }, start);
        return time.Run(() => checker.CheckAsync(target, CancellationToken.None), mostSteps: 100_000);
    }

    /// <summary>What it says after the questions so far, and whether it closes then; <c>null</c> where it keeps silent.</summary>
    public (byte[] Bytes, bool Ends)? ReplyTo(string said) =>
        _replies.TryGetValue(said, out var reply) ? (reply.Bytes, reply.Ends) : null;

    /// <summary>The probe that these bytes are.</summary>
    public static string NameOf(byte[] bytes, ServiceTarget target)
    {
        if (bytes is [22, 3, ..])
        {
            return TlsHello.Probe.Name;
        }

        foreach (var protocol in ServiceCatalog.Of(target.Protocol))
        {
            foreach (var probe in protocol.FollowUps.Append(protocol.Opening))
            {
                if (probe is not null && DeclaredBytes.IsOf(probe, target, bytes))
                {
                    return probe.Name;
                }
            }
        }

        foreach (var probe in DeclaredBytes.OfFacts(target.Protocol))
        {
            if (DeclaredBytes.IsOf(probe, target, bytes))
            {
                return probe.Name;
            }
        }

        throw new InvalidOperationException($"bytes of no probe were sent: {Convert.ToHexString(bytes)}");
    }

    private sealed class Sockets(RecordedService service, ServiceTarget target, TestTime time, RecordedNetwork network) : ICheckSockets
    {
        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            var said = "";
            var connection = new MemoryConnection((connection, bytes) =>
            {
                var name = NameOf(bytes, target);
                said = said.Length == 0 ? name : $"{said} > {name}";
                _ = AnswerAsync(connection, said);
            });
            _ = AnswerAsync(connection, "");
            return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, connection));
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp) =>
            Task.FromResult(
                (service._replies.TryGetValue(NameOf(datagrams[0].ToArray(), target), out var reply)
                    ? network.Change(reply.Bytes)
                    : network.Unrecorded()) is { } bytes
                ? new DatagramResult(DatagramOutcome.Replied, 1) { Reply = bytes }
                : new DatagramResult(DatagramOutcome.Silent, 1));

        private async Task AnswerAsync(MemoryConnection connection, string asked)
        {
            if (!service._replies.TryGetValue(asked, out var reply))
            {
                connection.Feed((asked.Length == 0 ? null : network.Unrecorded()) ?? []);
                return;
            }

            var bytes = network.Change(reply.Bytes);
            var isCut = bytes.Length > network.CutAfter;
            bytes = isCut ? bytes[..network.CutAfter] : bytes;
            if (network.ByteInterval == TimeSpan.Zero)
            {
                connection.Feed(bytes);
            }
            else
            {
                foreach (var one in bytes)
                {
                    await Task.Delay(network.ByteInterval, time);
                    connection.Feed([one]);
                }
            }

            if (reply.Resets && !isCut)
            {
                connection.Reset();
            }
            else if (reply.Ends || isCut)
            {
                connection.End();
            }
        }
    }
}

/// <summary>How the bytes of a recording come.</summary>
internal sealed record RecordedNetwork
{
    /// <summary>The time before each byte; zero for all at once.</summary>
    public TimeSpan ByteInterval { get; init; }

    /// <summary>After so many bytes of each reply the server hangs up.</summary>
    public int CutAfter { get; init; } = int.MaxValue;

    /// <summary>The reply to a question that the server was not asked; <c>null</c> for silence.</summary>
    public Func<byte[]?> Unrecorded { get; init; } = static () => null;

    /// <summary>What becomes of a reply.</summary>
    public Func<byte[], byte[]> Change { get; init; } = static bytes => bytes;
}
