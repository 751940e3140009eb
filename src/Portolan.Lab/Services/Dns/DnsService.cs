using System.Buffers.Binary;
using Portolan.Packets;

namespace Portolan.Lab.Services.Dns;

/// <summary>
/// A name server for the names of the lab (RFC 1034, RFC 1035): datagrams, TCP for what is too long for them, and zone transfers.
/// </summary>
internal sealed class DnsService : StreamService, IDatagramService, IStartingService
{
    // As much of a zone as goes into one message of a transfer (RFC 5936 section 2.2 leaves it to the server).
    private const int TransferLength = 16 << 10;

    public override string Name => "dns";

    public override string Summary => "a name server for the names of the lab: UDP, TCP for long answers, zone transfers";

    public override PortNumber? UsualPort => new(53);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        new(
            "zones",
            "the zones it answers for, with spaces between; by default the lab's domain, the zones of other names, "
                + "and those of its addresses") { Check = CheckZones },
        new(
            "records",
            "more records, as NAME TYPE DATA with semicolons between several; names without a last dot are below the first zone") { Check =
                ExtraRecords.Check },
        new("ttl", "how many seconds its records may be kept; by default 3600") { Check = SettingChecks.Number(0, int.MaxValue) },
        new(
            "secondary-of",
            "the name or address of its primary server, from which it takes its zones at the start (AXFR)") { Check = SettingChecks.Line },
        new("transfer", "whether it gives its zones away (AXFR); by default yes") { Check = SettingChecks.Flag },
        new(
            "recursion",
            "whether it claims recursion (RA): unknown names then do not exist, instead of being refused; by default no") { Check =
                SettingChecks.Flag },
    ];

    public override bool ClientSpeaksFirst => true;

    public bool WakesHost(Topology.ServiceSpec service) => ZoneSet.IsSecondary(service);

    public Task StartAsync(ServiceHost host, Topology.ServiceSpec service, CancellationToken cancellationToken) =>
        ZoneSet.Of(host, service).StartAsync(cancellationToken);

    public bool TryAnswer(ReadOnlySpan<byte> request, ServiceCall call, Span<byte> reply, out int length) =>
        Responder(call).TryAnswer(request, isDatagram: true, reply, out length);

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        var talk = new LineTalk(stream);
        var responder = Responder(call);
        var prefix = new byte[2];
        var reply = new byte[2 + ushort.MaxValue];
        while (await talk.ReadExactlyAsync(prefix, cancellationToken))
        {
            var request = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
            if (!await talk.ReadExactlyAsync(request, cancellationToken))
            {
                return;
            }

            if (FindTransfer(request, call) is { } zone)
            {
                await TransferAsync(stream, zone, request, cancellationToken);
            }
            else if (responder.TryAnswer(request, isDatagram: false, reply.AsSpan(2), out var length))
            {
                BinaryPrimitives.WriteUInt16BigEndian(reply, (ushort)length);
                await stream.WriteAsync(reply.AsMemory(0, 2 + length), cancellationToken);
            }
        }
    }

    private static DnsResponder Responder(ServiceCall call) =>
        new(ZoneSet.Of(call.Host, call.Service), call.Flag("recursion", usual: false));

    // A transfer of a zone that is here. All else, also one that is refused, is an answer as any.
    private static Zone? FindTransfer(ReadOnlySpan<byte> request, ServiceCall call)
    {
        if (!DnsMessage.TryRead(request, out var query) || query.IsResponse || query.Operation != DnsOperation.Query
            || query.Questions.Count != 1
            || !query.TryReadQuestion(out var question) || question.Type is not (DnsType.Axfr or DnsType.Ixfr)
            || !call.Flag("transfer", usual: true))
        {
            return null;
        }

        var name = question.Name.ToString();
        return ZoneSet.Of(call.Host, call.Service).FindZone(name) is { } zone
            && zone.Origin.Equals(name, StringComparison.OrdinalIgnoreCase) ? zone : null;
    }

    private static async Task TransferAsync(Stream stream, Zone zone, byte[] request, CancellationToken cancellationToken)
    {
        // The start, all others, the start again (RFC 5936 section 2.2).
        var records = new Queue<ZoneRecord>([zone.Start, .. zone.Others, zone.Start]);
        var message = new byte[2 + ushort.MaxValue];
        for (var isFirst = true; records.Count > 0; isFirst = false)
        {
            var length = Fill(message.AsSpan(2), request, records, isFirst);
            BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)length);
            await stream.WriteAsync(message.AsMemory(0, 2 + length), cancellationToken);
        }
    }

    private static int Fill(Span<byte> message, ReadOnlySpan<byte> request, Queue<ZoneRecord> records, bool isFirst)
    {
        _ = DnsMessage.TryRead(request, out var query);
        var writer = new DnsWriter(message, query.Id, DnsFlags.Response | DnsFlags.Authoritative);
        if (isFirst && query.TryReadQuestion(out var question))
        {
            writer.TryAddQuestion(question.Name.ToString(), question.Type, question.Class);
        }

        do
        {
            var record = records.Dequeue();
            writer.TryAddRecord(DnsSection.Answer, record.Name, record.Type, record.TimeToLive, record.Data);
        }
        while (records.TryPeek(out var next) && writer.Length + next.Data.Length + DnsName.MaxLength + 10 <= TransferLength);
        return writer.Length;
    }

    private static string? CheckZones(string value) =>
        value.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(
            z => DnsNameText.TryEncode(z, stackalloc byte[DnsName.MaxLength], out _))
            ? null
            : $"is names of zones with spaces between, not \"{value}\"";
}
