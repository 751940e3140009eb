using System.Globalization;
using System.Text.Json;
using Portolan.Kernel.Tests.Support;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>
/// What Wireshark makes of the capture of a scenario: it marks nothing but what the lab did. Each mark that is allowed is counted in the
/// packets that the lab itself saw.
/// </summary>
public sealed class ScenarioCaptureTests
{
    /// <summary>PI_NOTE of Wireshark's expert information: what lies below is a comment or a remark.</summary>
    private const int Note = 0x0040_0000;

    private const string Reset = "Connection reset (RST)";
    private const string Reused = "A new tcp session is started with the same ports as an earlier session in this trace";

    /// <summary>
    /// How Wireshark calls a segment that was sent again, by the time since the first one and by what was acknowledged meanwhile.
    /// </summary>
    private static readonly string[] Resent =
    [
        "This frame is a (suspected) retransmission", "This frame is a (suspected) fast retransmission",
        "This frame is a (suspected) spurious retransmission",
        "This frame is a (suspected) out-of-order segment",
    ];

    /// <summary>Every connection ends so.</summary>
    private static readonly string[] Endings = [
        "This frame initiates the connection closing", "This frame undergoes the connection closing"];

    /// <summary>What a lesson about lost packets shows besides segments that are sent again.</summary>
    private static readonly string[] Repairs = ["Duplicate ACK", "D-SACK Sequence"];

    /// <summary>Scenarios in which segments are sent again, and why.</summary>
    private static readonly Dictionary<string, string> Resending = new(StringComparer.Ordinal)
    {
        ["udp-or-tcp"] = "the link between the two networks loses packets",
        ["firewall"] = "the gateway drops SYNs; a scanner leaves SYN-ACKs without an answer",
        ["states"] = "two SYNs cross: each end sends its own once more, with an ACK (RFC 9293 section 3.5)",
        ["scan-me"] = "a scanner asks silent ports again",
    };

    /// <summary>Scenarios in which a socket pair is used again, and why.</summary>
    private static readonly Dictionary<string, string> Reusing = new(StringComparer.Ordinal)
    {
        ["example-com"] = "after TIME-WAIT the port is free again",
        ["ephemeral-exhaustion"] = "the client has few ports, and takes those again that are free",
    };

    public static TheoryData<string> Names => [.. ScenarioCatalogue.All.Select(static s => s.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task Wireshark_marks_what_the_lab_did_and_nothing_else(string name)
    {
        using var folder = new ScratchFolder();
        var packets = new List<PacketRecord>();
        await PlayAsync(name, folder.PathOf("capture.pcapng"), CaptureView.Once, packets);
        var marks = Marks(folder.PathOf("capture.pcapng"));
        var sent = Segments(packets);

        Assert.Equal(CountResets(packets, LabLibrary.Load(name)), marks.Count(static m => m.Text == Reset));

        // A fast retransmission is marked as a retransmission too.
        var resent = marks.Where(static m => Resent.Contains(m.Text)).DistinctBy(static m => m.Frame).ToList();
        Assert.Equal(sent.Count(static s => s.IsResent), resent.Count);
        Assert.Equal(Resending.ContainsKey(name), resent.Count > 0);
        Assert.DoesNotContain(sent, static s => s is { IsResent: true, WasAcknowledged: true });

        var reused = marks.Count(static m => m.Text == Reused);
        Assert.Equal(sent.Count(static s => s.IsReuse), reused);
        Assert.Equal(Reusing.ContainsKey(name), reused > 0);

        var others = marks.Where(m => m.Text != Reset && m.Text != Reused && !Resent.Contains(m.Text) && !Endings.Contains(m.Text));
        Assert.All(
            others,
            mark => Assert.True(
                resent.Count > 0 && Repairs.Any(r => mark.Text.StartsWith(r, StringComparison.Ordinal)), $"{name}: {mark}"));
    }

    [Fact]
    public async Task Wireshark_finds_what_was_lost_by_its_comment_and_a_fast_retransmission_by_its_times()
    {
        using var folder = new ScratchFolder();
        var packets = new List<PacketRecord>();
        var file = folder.PathOf("capture.pcapng");
        await PlayAsync("udp-or-tcp", file, CaptureView.Once, packets);

        var lost = Fields(file, "frame.comment contains \": lost\"", "frame.number", "tcp.seq", "tcp.len").ToList();
        Assert.Equal(packets.Count(static p => p.Fate == WireOutcome.Lost), lost.Count);
        var data = lost.Where(static f => f[2] is not ("" or "0")).Select(static f => f[1]).ToList();
        Assert.NotEmpty(data);
        Assert.Equal(data, Fields(file, "frame.comment contains \"sent again after a loss\"", "tcp.seq").Select(static f => f[0]));
        Assert.Equal(data[0], Assert.Single(Fields(file, "tcp.analysis.fast_retransmission", "tcp.seq"))[0]);
    }

    [Theory, MemberData(nameof(Names))]
    public async Task The_numbers_of_segments_are_those_of_Wireshark(string name)
    {
        using var folder = new ScratchFolder();
        var packets = new List<PacketRecord>();
        var report = await PlayAsync(name, folder.PathOf("capture.pcapng"), CaptureView.All, packets);

        // Of what goes over cables the scenario hears alone.
        packets = packets.Count > 0 ? packets : [.. report.Steps.SelectMany(static s => s.Packets)];
        var numbering = new SegmentNumbering(packets);
        var own = packets.Select(numbering.Of).OfType<SegmentNumbers>().Select(static s => $"{s.Sequence}|{s.Acknowledgment}|{s.Window}")
            .ToList();

        // The document has the same, as far as a report keeps packets.
        using var written = new MemoryStream();
        ScenarioJson.Write(report, LabLibrary.Load(name), written);
        using var json = JsonDocument.Parse(written.ToArray());
        var told = json.RootElement.GetProperty("steps").EnumerateArray().SelectMany(static s => s.GetProperty("packets").EnumerateArray())
            .Select(static p => p.GetProperty("segment"))
            .Where(static s => s.ValueKind == JsonValueKind.Object)
            .Select(
                static s =>
                    $"{s.GetProperty("sequence")}"
                        + $"|{(s.GetProperty("acknowledgment").ValueKind == JsonValueKind.Null ? "" : s.GetProperty("acknowledgment"))}"
                        + $"|{s.GetProperty("window")}").ToList();
        if (report.Steps.All(static s => s.Packets.Count < ScenarioStage.MostPackets))
        {
            Assert.Equal(own.Take(told.Count), told);
        }

        var theirs =
            Fields(folder.PathOf("capture.pcapng"), "tcp && !icmp && !icmpv6", "tcp.seq", "tcp.ack", "tcp.window_size", "tcp.flags.ack")
            .Select(static f => $"{f[0]}|{(f[3] is "1" or "True" ? f[1] : "")}|{f[2]}").ToList();
        Assert.Equal(own, theirs);
    }

    private static async Task<ScenarioReport> PlayAsync(string name, string file, CaptureView view, List<PacketRecord> packets)
    {
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario));
        await using var capture = File.Create(file);
        var report = await ScenarioPlayer.PlayAsync(
            scenario, LabLibrary.Load(name), capture: capture, view: view,
            observer: (in e, bytes) => packets.Add(new PacketRecord(e.Time, e.Segment, e.From, e.To, e.Fate, e.Why, bytes.ToArray())));
        Assert.True(report.Succeeded);
        return report;
    }

    /// <summary>What Wireshark's expert information says of frames, notes and worse, with all checksums checked.</summary>
    private static List<Mark> Marks(string file)
    {
        var marks = new List<Mark>();
        foreach (var row in Fields(
            file, $"_ws.expert.severity >= {Note.ToString(CultureInfo.InvariantCulture)}", "frame.number", "_ws.expert.severity",
            "_ws.expert.message"))
        {
            var (severities, messages) = (row[1].Split(';'), row[2].Split(';'));
            Assert.True(severities.Length == messages.Length, string.Join('|', row));
            marks.AddRange(
                severities.Zip(messages).Where(static m => int.Parse(m.First, CultureInfo.InvariantCulture) >= Note).Select(
                    m => new Mark(row[0], m.Second)));
        }

        return marks;
    }

    /// <summary>The fields of the frames that a filter wants; several values of one stand between semicolons.</summary>
    private static IEnumerable<string[]> Fields(string file, string filter, params string[] fields)
    {
        List<string> words = [
            "-n", "-r", file, "-Y", filter, "-T", "fields", "-E", "separator=|", "-E", "occurrence=a", "-E", "aggregator=;"];
        words.AddRange(fields.SelectMany(static f => (string[])["-e", f]));

        // Checksums are looked at; and what SMTP's AUTH says is decoded, or Wireshark warns that it was not.
        words.AddRange(
            ((string[])["ip.check_checksum", "tcp.check_checksum", "udp.check_checksum", "smtp.decryption"]).SelectMany(
                static o => (string[])["-o", $"{o}:TRUE"]));
        return Tool.Lines("tshark", [.. words]).Select(static line => line.Split('|'));
    }

    /// <summary>All segments in the order in which they were sent, each once, with what a look at their numbers alone says.</summary>
    private static List<Segment> Segments(List<PacketRecord> packets)
    {
        var (segments, ends, acknowledged) = (new List<Segment>(), new Dictionary<string, (uint First, uint Next)>(StringComparer.Ordinal),
            new Dictionary<string, (uint Number, Instant Time)>(StringComparer.Ordinal));
        foreach (var packet in packets)
        {
            if (!PacketHeads.TryRead(packet.Bytes, out var heads) || heads.Protocol != IpProtocol.Tcp
                || !TcpSegment.TryRead(heads.Payload, out var segment))
            {
                continue;
            }

            if (packet.Fate == WireOutcome.Taken && (segment.Flags & TcpFlags.Ack) != 0)
            {
                // Of what was sent, that is: a scanner's probes acknowledge any number.
                var other = $"{heads.Destination}:{heads.DestinationPort}>{heads.Source}:{heads.SourcePort}";
                if (ends.TryGetValue(other, out var range) && (int)(segment.Acknowledgment - range.First) > 0
                    && (int)(segment.Acknowledgment - range.Next) <= 0)
                {
                    acknowledged[other] = (segment.Acknowledgment, packet.Time);
                }
            }

            // The first network that a direction of a pair is seen on: on the others the same segments cross again.
            var direction = $"{heads.Source}:{heads.SourcePort}>{heads.Destination}:{heads.DestinationPort}";
            var isSyn = (segment.Flags & TcpFlags.Syn) != 0;
            var length = (uint)segment.Payload.Length + (isSyn ? 1u : 0) + ((segment.Flags & TcpFlags.Fin) != 0 ? 1u : 0);
            var next = segment.Sequence + length;
            var first = $"{direction}@";
            if (!ends.TryGetValue(first + "network", out _))
            {
                ends[first + "network"] = default;
                ends[first + packet.Segment] = default;
            }

            if (!ends.ContainsKey(first + packet.Segment))
            {
                continue;
            }

            var isKnown = ends.TryGetValue(direction, out var seen);
            var isReuse = isKnown && isSyn && (segment.Flags & TcpFlags.Ack) == 0 && segment.Sequence != seen.First;
            if (!isKnown || (isSyn && segment.Sequence != seen.First))
            {
                ends[direction] = (segment.Sequence, next);
                acknowledged.Remove(direction);
                segments.Add(new Segment(IsResent: false, WasAcknowledged: false, isReuse));
                continue;
            }

            var isResent = length > 0 && (int)(next - seen.Next) <= 0 && (segment.Flags & TcpFlags.Rst) == 0;
            ends[direction] = (seen.First, (int)(next - seen.Next) > 0 ? next : seen.Next);
            segments.Add(new Segment(
                isResent,
                acknowledged.TryGetValue(direction, out var until) && (int)(until.Number - next) >= 0 && until.Time < packet.Time
                    && packet.From != LabDirectory.VantageName, IsReuse: false));
        }

        return segments;
    }

    /// <summary>Each RST once, and once more where a router translates it.</summary>
    private static int CountResets(List<PacketRecord> packets, LabTopology topology)
    {
        var journeys = new PacketJourneys(packets, new LabDirectory(topology).NameOf);
        return packets.Count(
            p => PacketHeads.TryRead(p.Bytes, out var heads) && heads.Protocol == IpProtocol.Tcp && (heads.Flags & TcpFlags.Rst) != 0
                && (p.Fate != WireOutcome.PassedOn || journeys.IsTranslatedOn(p)));
    }

    /// <param name="IsResent">Whether all that it carries was sent before.</param>
    /// <param name="WasAcknowledged">Whether its sender knew that it had arrived: then no host should send it again. A scanner may, to see
    /// whether a port that answered still does.</param>
    /// <param name="IsReuse">Whether it opens another connection between two sockets that had one.</param>
    private sealed record Segment(bool IsResent, bool WasAcknowledged, bool IsReuse);

    private sealed record Mark(string Frame, string Text);
}
