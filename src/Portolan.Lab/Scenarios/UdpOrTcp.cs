using System.Globalization;
using System.Net;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios.Clients;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// The same file over a link that loses packets: with UDP it has holes, with TCP it is whole. And name servers, which use UDP for questions
/// and TCP for zones.
/// </summary>
internal sealed class UdpOrTcp : IScenario
{
    private const int Port = 5500;

    /// <summary>How many datagrams the ladder shows before and after a lost one.</summary>
    private const int NeighbourLimit = 3;

    private const int RowLength = 50;

    /// <summary>
    /// As many acknowledgments of the same byte tell that a segment is lost (RFC 5681 section 3.2: the first and three more).
    /// </summary>
    private const int DuplicateLimit = 4;

    private static readonly byte[] File =
        [.. Enumerable.Range(0, 200 * DatagramFile.PartLength).Select(static i => (byte)((i * 31) ^ (i >> 8)))];

    public string Name => "udp-or-tcp";

    public string Summary => "a file through a link that loses packets, with UDP and with TCP; what name servers use each of them for";

    public async Task PlayAsync(ScenarioStage stage)
    {
        await TransferAsync(stage);
        await AskAsync(stage);
        var lost = await DatagramsAsync(stage);
        await StreamAsync(stage, lost);
    }

    private static async Task TransferAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "Two networks, and a link between them that loses packets. The name server secondary is started and takes the whole zone "
                + "example.com from its primary (AXFR, RFC 5936). "
            + "A zone with a record missing would be wrong, so this goes over TCP, to port 53.");
        await stage.WaitAsync(TimeSpan.FromSeconds(20));
        var packets = WirePacket.Arrived(stage.Packets);
        var transfer = packets.Where(
            static p => p.Record.To == "primary" && p.Data.Length > 2 && IsQuestion(p.Data.AsSpan(2), DnsType.Axfr)).ToList();
        stage.Expect(packets.Count > 0 && packets.All(static p => p.Protocol == TransportProtocol.Tcp), "all of this is TCP");
        stage.Expect(
            transfer.Count > 0 && transfer.TrueForAll(static p => p.DestinationPort.Value == 53),
            "the question for the zone (AXFR) went to TCP port 53 of the primary");
        stage.Expect(
            packets.Any(static p => p.Record.To == "secondary" && CountRecords(p.Data) >= 3),
            "and the zone came back on the same connection");
    }

    private static async Task AskAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "The host receiver asks the secondary for www.example.com. One question, one answer: a datagram each. If one is lost, the host "
            + "asks again; it needs no connection for that. (An answer that is too long for one datagram comes shortened, with the flag "
            + "TC, truncated: then the host asks once more, over TCP.)");
        var before = stage.Packets.Count;
        var reply = await NameClient.AskAsync(stage["receiver"], stage.EndPointOf("secondary", 53), "www.example.com", stage.Time);
        await stage.WaitAsync(TimeSpan.FromMilliseconds(1));
        var packets = WirePacket.Arrived(stage.Packets.Skip(before));
        stage.Expect(
            reply.Addresses is [var address] && address == stage.AddressOf("primary"),
            "the secondary knows the address, which it has from the primary", $"{reply.Code}");
        stage.Expect(
            packets is [var question, var answer] && question.Protocol == TransportProtocol.Udp && answer.Answers(question),
            "it took two datagrams");
    }

    /// <returns>How many datagrams were lost.</returns>
    private static async Task<int> DatagramsAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            $"A file of {File.Length:N0} bytes goes over UDP: {File.Length / DatagramFile.PartLength} numbered datagrams. UDP sends each "
                + $"of them once. It neither notices nor reports losses. The ladder shows the ones around the first that is lost.");
        var start = stage.Time.GetTimestamp();
        using var socket = stage["receiver"].BindUdp(new IPEndPoint(IPAddress.Any, Port));
        var receiving = DatagramFile.ReceiveAsync(socket, TimeSpan.FromSeconds(2), stage.Time);
        var sent = await DatagramFile.SendAsync(stage["sender"], stage.EndPointOf("receiver", Port), File, stage.Time);
        var took = stage.Time.GetElapsedTime(start);
        var parts = await receiving;
        stage.Show(
            $"what arrived, {RowLength} datagrams a row; a dot is a hole",
            [.. MapOf(parts, sent).Chunk(RowLength).Select(static row => new string(row))]);
        stage.Show(
            "the balance",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{sent} sent, {parts.Count} arrived, {sent - parts.Count} missing: {100.0 * (sent - parts.Count) / sent:0.0} %; sent "
                    + $"within {took.TotalMilliseconds:0} ms"));
        var lost = stage.Packets.Count(p => p.Fate == WireOutcome.Lost);
        DrawAroundLoss(stage);
        stage.Expect(lost > 0 == parts.Count < sent, "the file has holes where the link lost datagrams, and nowhere else");
        stage.ExpectEqual(lost, sent - parts.Count, "the number of missing datagrams, as of those that the link has lost,");
        stage.Expect(
            parts.All(static p => p.Value.AsSpan().SequenceEqual(File.AsSpan(p.Key * DatagramFile.PartLength, p.Value.Length))),
            "what arrived is right");
        stage.ExpectEqual(
            0, stage.Packets.Count(static p => p.To == "sender"),
            "the number of packets that tell the sender of the loss");
        return lost;
    }

    private static async Task StreamAsync(ScenarioStage stage, int lostBefore)
    {
        await stage.StepAsync(
            "The same file over TCP, through the same loss. The receiver acknowledges what it has; where the acknowledgments stop at a "
                + "hole, the sender sends that segment again "
            + "(RFC 9293 section 3.8). It does so before its timer runs out: when the same acknowledgment has come three times more (fast "
            + "retransmit, RFC 5681 section 3.2), or when a segment that was sent later has arrived some time ago (RACK, RFC 8985). The "
            + "ladder shows the first segment that was lost, and what became of it.");
        var start = stage.Time.GetTimestamp();
        using var acceptor = stage["receiver"].ListenTcp(new IPEndPoint(IPAddress.Any, Port));
        var receiving = ReceiveAsync(acceptor);
        await using (var stream = await stage["sender"].ConnectTcpAsync(stage.EndPointOf("receiver", Port), localEndPoint: null))
        {
            await stream.WriteAsync(File);
            stream.ShutdownWrite();
            var received = await receiving;
            var took = stage.Time.GetElapsedTime(start);
            var lost = stage.Packets.Where(static p => p.Fate == WireOutcome.Lost && SegmentOf(p) is { Length: > 0 }).ToList();
            var again = lost.Count(
                l => stage.Packets.Any(
                    p => p.Fate == WireOutcome.Taken && p.Time > l.Time && SegmentOf(p) is { } s && SegmentOf(l) is { } m
                        && s.Port == m.Port && s.Sequence <= m.Sequence && s.End >= m.Sequence + 1));
            stage.Show(
                "the balance",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{File.Length:N0} bytes sent, {received.Length:N0} arrived; {lost.Count} segments with data lost; "
                        + $"{took.TotalMilliseconds:0} ms"));
            DrawFirst(stage, lost);
            stage.Expect(received.AsSpan().SequenceEqual(File), "the file is whole, byte for byte", $"{received.Length} bytes arrived");
            if (lost.Count == 0)
            {
                stage.Remark("With this seed the link lost no segment of it. Another --seed shows what happens then.");
            }

            stage.Expect(lostBefore + lost.Count > 0, "the link did lose parts of the file, by UDP or TCP");
            stage.ExpectEqual(lost.Count, again, "the number of lost segments whose first byte arrived later after all");
        }
    }

    /// <summary>Draws the first lost datagram and its neighbours.</summary>
    private static void DrawAroundLoss(ScenarioStage stage)
    {
        var ended = stage.Packets.Where(static p => p.Fate != WireOutcome.PassedOn).ToList();
        HashSet<PacketRecord> drawn =
            [.. ended.Skip(ended.FindIndex(static p => p.Fate == WireOutcome.Lost) - NeighbourLimit).Take((2 * NeighbourLimit) + 1)];
        stage.DrawOnly(drawn.Contains);
    }

    /// <summary>Draws the first lost segment, those that carry its first byte again, and the acknowledgments that stop there.</summary>
    private static void DrawFirst(ScenarioStage stage, List<PacketRecord> lost)
    {
        if (lost.Count == 0 || SegmentOf(lost[0]) is not { } first)
        {
            return;
        }

        var carriers = stage.Packets.Where(
            p => SegmentOf(p) is { Length: > 0 } s && s.Port == first.Port && s.Sequence <= first.Sequence && s.End > first.Sequence);
        var stopped = stage.Packets.Where(
            p => p.Fate == WireOutcome.Taken && SegmentOf(p) is { } s && s.Port != first.Port && s.Acknowledgment == first.Sequence)
            .ToList();
        HashSet<PacketRecord> drawn = [.. carriers.Where(static p => p.Fate != WireOutcome.PassedOn), .. stopped.Take(DuplicateLimit)];
        stage.DrawOnly(drawn.Contains);
        if (stopped.Count >= DuplicateLimit)
        {
            stage.Remark($"{stopped.Count} acknowledgments ask for the first lost segment; the ladder has the first {DuplicateLimit}.");
        }
        else
        {
            stage.Remark($"Only {stopped.Count} acknowledgments ask for the first lost segment, for little was sent behind it: times tell "
                + $"the sender that it is lost (RFC 8985).");
        }
    }

    private static async Task<byte[]> ReceiveAsync(TcpAcceptor acceptor)
    {
        await using var stream = await acceptor.AcceptAsync();
        var received = new List<byte>();
        var buffer = new byte[16 << 10];
        for (int length; (length = await stream.ReadAsync(buffer)) > 0;)
        {
            received.AddRange(buffer.AsSpan(0, length));
        }

        return [.. received];
    }

    private static IEnumerable<char> MapOf(SortedDictionary<int, byte[]> parts, int count) =>
        Enumerable.Range(0, count).Select(n => parts.ContainsKey(n) ? '#' : '.');

    private static (ushort Port, uint Sequence, uint End, int Length, uint Acknowledgment)? SegmentOf(PacketRecord packet) =>
        PacketHeads.TryRead(packet.Bytes, out var heads) && heads.Protocol == IpProtocol.Tcp && TcpSegment.TryRead(heads.Payload, out var s)
            ? (heads.SourcePort, s.Sequence, s.Sequence + (uint)s.Payload.Length, s.Payload.Length, s.Acknowledgment)
            : null;

    private static bool IsQuestion(
        ReadOnlySpan<byte> message, DnsType type) =>
            DnsMessage.TryRead(message, out var query) && !query.IsResponse && query.TryReadQuestion(out var question)
                && question.Type == type;

    /// <summary>The records of an answer over TCP, whose length stands before it (RFC 1035 section 4.2.2); 0 when it is none.</summary>
    private static int CountRecords(byte[] data)
    {
        if (data.Length <= 2 || !DnsMessage.TryRead(data.AsSpan(2), out var answer) || !answer.IsResponse)
        {
            return 0;
        }

        var count = 0;
        foreach (var record in answer.Answers)
        {
            count++;
        }

        return count;
    }
}
