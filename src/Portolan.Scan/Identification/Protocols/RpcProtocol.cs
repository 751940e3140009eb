using System.Buffers.Binary;
using System.Globalization;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// ONC RPC: the list of the port mapper, or which of the well-known programs answers to its empty procedure (RFC 5531, RFC 1833 section 3).
/// </summary>
internal sealed class RpcProtocol : ServiceProtocol
{
    private const uint Id = 0x506F7274;

    private static readonly (int Program, int Version, string Name)[] Programs =
        [(100_003, 3, "nfs"), (100_003, 4, "nfs"), (100_005, 3, "mountd"), (100_021, 4, "nlockmgr"), (100_024, 1, "status"),
            (100_011, 2, "rquotad"), (100_227, 3, "nfs_acl")];

    private readonly bool _isStream;
    private readonly ServiceProbe _opening;
    private readonly ServiceProbe[] _others;

    public RpcProtocol(bool isStream)
        : base("sunrpc", 111, 2049, 20048)
    {
        _isStream = isStream;
        _opening = new ServiceProbe("RPC portmapper DUMP", RpcMessage.Call(Id, RpcMessage.PortMapper, 2, RpcMessage.Dump, isStream));
        _others =
        [
            .. Programs.Select(p => new ServiceProbe(
                $"RPC {p.Name} version {p.Version} NULL", RpcMessage.Call(Id, p.Program, p.Version, 0, isStream))),
        ];
    }

    /// <inheritdoc/>
    public override ServiceProbe Opening => _opening;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override HttpReaction ToLine => HttpReaction.Closes;

    /// <inheritdoc/>
    public override bool? ClosesByReset => true;

    /// <inheritdoc/>
    public override int Rarity => 7;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => _others;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        if (!TryReply(reply.Bytes, out var result, out var isShort))
        {
            return isShort && reply.Asked is not null ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        var status = BinaryPrimitives.ReadUInt32BigEndian(result);
        return ReferenceEquals(reply.Asked, _opening) && status == 0
            ? ReplyReading.Certain(new IdentifiedService(Name) { Info = Listed(result[4..]) })
            : status <= 5 ? ReplyReading.Certain(new IdentifiedService(Name)) : ReplyReading.Foreign;
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (known.Info is not null)
        {
            return known;
        }

        for (var i = 0; i < Programs.Length && !conversation.IsEnded; i++)
        {
            var answer = await conversation.AskAsync(_others[i], reply => TryReply(reply.Span, out _, out _));
            if (TryReply(answer.Span, out var result, out _))
            {
                // Success, or another version of the program: from which to which it has.
                var status = BinaryPrimitives.ReadUInt32BigEndian(result);
                if (status == 0 || (status == 2 && result.Length >= 12))
                {
                    return known with
                    {
                        Protocol = Programs[i].Name,
                        Info = status == 0
                            ? FormattableString.Invariant($"version {Programs[i].Version}")
                            : string.Create(
                                CultureInfo.InvariantCulture,
                                $"versions {BinaryPrimitives.ReadUInt32BigEndian(result[4..])}"
                                + $"-{BinaryPrimitives.ReadUInt32BigEndian(result[8..])}"),
                    };
                }
            }
        }

        return known;
    }

    // The accept status, and what follows it.
    private bool TryReply(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> result, out bool isShort)
    {
        result = default;
        isShort = false;
        return (!_isStream || RpcMessage.TryRecord(bytes, Id, out bytes, out isShort)) && RpcMessage.TryAccepted(bytes, Id, out result);
    }

    // pmaplist: 1, program, version, protocol, port, then the next; 0 at its end.
    private static string Listed(ReadOnlySpan<byte> list)
    {
        var versions = new SortedSet<uint>();
        var programs = new HashSet<uint>();
        while (list.Length >= 20 && BinaryPrimitives.ReadUInt32BigEndian(list) == 1)
        {
            var program = BinaryPrimitives.ReadUInt32BigEndian(list[4..]);
            programs.Add(program);
            if (program == RpcMessage.PortMapper)
            {
                versions.Add(BinaryPrimitives.ReadUInt32BigEndian(list[8..]));
            }

            list = list[20..];
        }

        return FormattableString.Invariant($"portmapper versions {string.Join(", ", versions)}; {programs.Count} programs");
    }
}
