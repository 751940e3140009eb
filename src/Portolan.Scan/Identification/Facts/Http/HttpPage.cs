using System.Text;
using Portolan.Scan.Identification.Http;

namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>An answer of a web server, whole or as much of it as came.</summary>
internal sealed class HttpPage
{
    private const int MaxTextLength = 512;

    private readonly byte[] _bytes;

    private HttpPage(byte[] bytes, int status, bool isWhole, byte[] body) =>
        (_bytes, Status, IsWhole, Body) = (bytes, status, isWhole, body);

    /// <summary>The status code.</summary>
    public int Status { get; }

    /// <summary>All of the body came.</summary>
    public bool IsWhole { get; }

    /// <summary>The body, without the chunks that it came in.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Reads an answer; <c>null</c> where it is none of HTTP.</summary>
    /// <param name="bytes">What came.</param>
    /// <param name="isEnded">The server closed the connection: a body without a length ends so.</param>
    public static HttpPage? Read(ReadOnlyMemory<byte> bytes, bool isEnded)
    {
        if (!HttpReply.TryRead(bytes.Span, out var reply) || !reply.HasHeaders)
        {
            return null;
        }

        var isChunked = ReplyText.Has(reply.Header("Transfer-Encoding"u8), "chunked"u8);
        var body = isChunked ? Unchunked(reply.Body) : Cut(reply);
        var isWhole = reply.IsWhole || (isEnded && !isChunked && !reply.HasHeader("Content-Length"u8));
        return new HttpPage(bytes.ToArray(), reply.Status, isWhole, body);
    }

    /// <summary>A header's value; <c>null</c> where it is not there, or empty.</summary>
    public string? Header(string name) =>
        HttpReply.TryRead(_bytes, out var reply) ? ReplyText.Of(reply.Header(Encoding.ASCII.GetBytes(name)), MaxTextLength) : null;

    /// <summary>The line of the status: <c>HTTP/1.1 401 Unauthorized</c>.</summary>
    public string StatusLine => ReplyText.Of(ReplyText.FirstLine(_bytes)) ?? "";

    /// <summary>
    /// The text between two tags, white space in it as single spaces; <c>null</c> where they are not there, or nothing is between them.
    /// </summary>
    public string? Between(ReadOnlySpan<byte> open, ReadOnlySpan<byte> close)
    {
        var text = Body.Span;
        var at = IndexOf(text, open);
        if (at < 0 || text[at..].IndexOf((byte)'>') is not (>= 0 and var end))
        {
            return null;
        }

        text = text[(at + end + 1)..];
        at = IndexOf(text, close);
        return at < 0 ? null : ReplyText.Collapsed(text[..at], MaxTextLength);
    }

    /// <summary>The first tag that begins with a word, such as <c>&lt;link</c>, and holds another; empty where there is none.</summary>
    public ReadOnlySpan<byte> Tag(ReadOnlySpan<byte> word, ReadOnlySpan<byte> holds)
    {
        var rest = Body.Span;
        while (IndexOf(rest, word) is >= 0 and var at)
        {
            rest = rest[at..];
            var end = rest.IndexOf((byte)'>');
            if (end < 0)
            {
                return default;
            }

            if (IndexOf(rest[..end], holds) >= 0)
            {
                return rest[..end];
            }

            rest = rest[end..];
        }

        return default;
    }

    /// <summary>An attribute of a tag: what stands in quotes behind its name.</summary>
    public static string? Attribute(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> name)
    {
        var at = IndexOf(tag, name);
        if (at < 0)
        {
            return null;
        }

        var value = tag[(at + name.Length)..].TrimStart((byte)' ');
        if (value.IsEmpty || value[0] != '=')
        {
            return null;
        }

        value = value[1..].TrimStart((byte)' ');
        if (value.IsEmpty)
        {
            return null;
        }

        var quote = value[0] is (byte)'"' or (byte)'\'' ? value[0] : (byte)' ';
        value = quote == ' ' ? value : value[1..];
        var end = value.IndexOf(quote);
        return ReplyText.Collapsed(end < 0 ? value : value[..end], MaxTextLength);
    }

    /// <summary>Where a word stands, whatever its case; -1 for nowhere.</summary>
    public static int IndexOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        // The first letter in both cases finds the places worth a look.
        var (small, large) = ((byte)char.ToLowerInvariant((char)word[0]), (byte)char.ToUpperInvariant((char)word[0]));
        for (var at = 0; at + word.Length <= text.Length; at++)
        {
            var next = text[at..].IndexOfAny(small, large);
            if (next < 0)
            {
                return -1;
            }

            at += next;
            if (ReplyText.Begins(text[at..], word))
            {
                return at;
            }
        }

        return -1;
    }

    private static byte[] Cut(in HttpReply reply) =>
        System.Buffers.Text.Utf8Parser.TryParse(reply.Header("Content-Length"u8), out long length, out _) && length >= 0
            && length < reply.Body.Length
            ? reply.Body[..(int)length].ToArray() : reply.Body.ToArray();

    // RFC 9112 section 7.1: a length in hexadecimal, a line's end, so many bytes, a line's end; what breaks off stays as it is.
    private static byte[] Unchunked(ReadOnlySpan<byte> body)
    {
        var whole = new List<byte>(body.Length);
        while (body.IndexOf((byte)'\n') is > 0 and var end
            && System.Buffers.Text.Utf8Parser.TryParse(body[..end], out int length, out var digits, 'x') && digits > 0 && length > 0)
        {
            var chunk = body[(end + 1)..];
            whole.AddRange(chunk[..Math.Min(length, chunk.Length)]);
            if (length >= chunk.Length)
            {
                break;
            }

            body = chunk[length..].TrimStart("\r\n"u8);
        }

        return [.. whole];
    }
}
