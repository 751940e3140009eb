using System.Buffers.Binary;

namespace Portolan.Scan.Probes.Payloads;

/// <summary>ONC RPC (RFC 5531 section 9): a call of procedure 0, which does nothing and needs no credentials.</summary>
internal sealed class RpcPayload : UdpPayload
{
    private const int Length = 40;

    private RpcPayload(string service, uint program, uint version, PayloadSeed seed)
        : base(service, Build(seed.Id31, program, version))
    {
    }

    /// <summary>The port mapper (RFC 1833): program 100000, version 2.</summary>
    internal static RpcPayload Portmapper(PayloadSeed seed) => new("sunrpc", 100000, 2, seed);

    /// <summary>NFS (RFC 1813): program 100003, version 3.</summary>
    internal static RpcPayload Nfs(PayloadSeed seed) => new("nfs", 100003, 3, seed);

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= 12 && reply[..4].SequenceEqual(Message.Span[..4]) && BinaryPrimitives.ReadUInt32BigEndian(reply[4..]) == 1;

    private static byte[] Build(uint transaction, uint program, uint version)
    {
        var message = new byte[Length];
        BinaryPrimitives.WriteUInt32BigEndian(message, transaction);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), 2);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(12), program);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(16), version);
        return message;
    }
}
