using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Calls and replies of ONC RPC (RFC 5531 sections 9 and 11): over a stream each is one record with its length in front, over UDP one
/// datagram. Without credentials and without verifiers.
/// </summary>
internal static class RpcMessage
{
    /// <summary>The port mapper's program (RFC 1833 section 3).</summary>
    public const int PortMapper = 100_000;

    /// <summary>The procedure of the port mapper that lists all programs.</summary>
    public const int Dump = 4;

    private const int MarkLength = 4;
    private const int CallLength = 40;
    private const int ReplyHeadLength = 20;
    private const uint LastFragment = 0x8000_0000;

    // Beyond all that is read of a reply.
    private const uint MaxRecord = 128 << 10;

    /// <summary>A call without arguments.</summary>
    /// <param name="number">Its number (xid), which the reply repeats.</param>
    /// <param name="program">The program.</param>
    /// <param name="version">The program's version.</param>
    /// <param name="procedure">The procedure.</param>
    /// <param name="isStream">Over a stream, as a record.</param>
    public static byte[] Call(uint number, int program, int version, int procedure, bool isStream)
    {
        var call = new byte[isStream ? MarkLength + CallLength : CallLength];
        var at = call.AsSpan(call.Length - CallLength);
        if (isStream)
        {
            BinaryPrimitives.WriteUInt32BigEndian(call, LastFragment | CallLength);
        }

        // Number, CALL (0), RPC version 2, program, version, procedure, AUTH_NONE twice.
        BinaryPrimitives.WriteUInt32BigEndian(at, number);
        BinaryPrimitives.WriteInt32BigEndian(at[8..], 2);
        BinaryPrimitives.WriteInt32BigEndian(at[12..], program);
        BinaryPrimitives.WriteInt32BigEndian(at[16..], version);
        BinaryPrimitives.WriteInt32BigEndian(at[20..], procedure);
        return call;
    }

    /// <summary>Takes the reply to a call out of what came over a stream.</summary>
    /// <param name="bytes">All that came.</param>
    /// <param name="number">The call's number.</param>
    /// <param name="message">The reply, without the length in front; a part of it where more may come.</param>
    /// <param name="isShort">What came may be the beginning of the reply.</param>
    /// <returns>Whether the reply is whole.</returns>
    public static bool TryRecord(ReadOnlySpan<byte> bytes, uint number, out ReadOnlySpan<byte> message, out bool isShort)
    {
        message = default;
        isShort = false;
        if (bytes.Length < MarkLength)
        {
            isShort = bytes.Length > 0 && bytes[0] == 0x80;
            return false;
        }

        var mark = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var length = mark & ~LastFragment;
        var rest = bytes[MarkLength..];
        if ((mark & LastFragment) == 0 || length is < ReplyHeadLength + 4 or > MaxRecord
            || (rest.Length >= 4 && BinaryPrimitives.ReadUInt32BigEndian(rest) != number))
        {
            return false;
        }

        isShort = rest.Length < length;
        message = isShort ? rest : rest[..(int)length];
        return !isShort;
    }

    /// <summary>Reads the reply to a call that was accepted.</summary>
    /// <param name="message">The reply, without a length in front.</param>
    /// <param name="number">The call's number.</param>
    /// <param name="result">The accept status (0: success), and what follows it.</param>
    public static bool TryAccepted(ReadOnlySpan<byte> message, uint number, out ReadOnlySpan<byte> result)
    {
        // Number, REPLY (1), MSG_ACCEPTED (0), an empty verifier.
        var isAccepted = message.Length >= ReplyHeadLength + 4 && BinaryPrimitives.ReadUInt32BigEndian(message) == number
            && message[4..].StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        result = isAccepted ? message[ReplyHeadLength..] : default;
        return isAccepted;
    }
}
