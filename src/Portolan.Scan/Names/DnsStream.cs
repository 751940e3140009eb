using System.Buffers.Binary;

namespace Portolan.Scan.Names;

/// <summary>DNS over a stream: two bytes of length before each message (RFC 7766 section 8).</summary>
internal static class DnsStream
{
    /// <summary>Sends a question and reads one message.</summary>
    /// <param name="stream">A connection to the server.</param>
    /// <param name="query">The question.</param>
    /// <param name="accepts">Whether a message answers it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public static async Task<DnsReply> AskAsync(
        Stream stream, ReadOnlyMemory<byte> query, Func<ReadOnlyMemory<byte>, bool> accepts, CancellationToken cancellation)
    {
        var framed = new byte[query.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Length);
        query.CopyTo(framed.AsMemory(2));
        await stream.WriteAsync(framed, cancellation);
        var head = new byte[2];
        if (await ReadAsync(stream, head, cancellation) < head.Length)
        {
            return new DnsReply(Answer: null, 0, "the server closed the connection");
        }

        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(head)];
        if (await ReadAsync(stream, answer, cancellation) < answer.Length)
        {
            return new DnsReply(Answer: null, 0, "the server closed the connection in the middle of its answer");
        }

        return accepts(answer)
            ? new DnsReply(answer, 0, Error: null)
            : new DnsReply(Answer: null, 1, "the answer belongs to another question");
    }

    private static ValueTask<int> ReadAsync(Stream stream, byte[] buffer, CancellationToken cancellation) =>
        stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
}
