using System.Buffers.Text;

namespace Portolan.Scan.Identification.Http;

/// <summary>An HTTP/1 response as it came, perhaps a part of one (RFC 9112 sections 3 to 6).</summary>
internal readonly ref struct HttpReply
{
    private readonly ReadOnlySpan<byte> _headers;

    private HttpReply(int status, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body, bool hasHeaders)
    {
        Status = status;
        _headers = headers;
        Body = body;
        HasHeaders = hasHeaders;
    }

    /// <summary>The status code.</summary>
    public int Status { get; }

    /// <summary>What came of the body.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>The empty line behind the headers has come.</summary>
    public bool HasHeaders { get; }

    /// <summary>Reads a response; <c>false</c> where its first line is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out HttpReply reply)
    {
        reply = default;
        if (!bytes.StartsWith("HTTP/1."u8) || bytes.Length < 12 || bytes[8] != ' ' || bytes[7] is not ((byte)'0' or (byte)'1')
            || !Utf8Parser.TryParse(bytes.Slice(9, 3), out int status, out var digits) || digits != 3 || status is < 100 or > 599)
        {
            return false;
        }

        var end = bytes.IndexOf((byte)'\n');
        var rest = end < 0 ? default : bytes[(end + 1)..];
        var (length, gap) = EndOfHeaders(rest);
        reply = new HttpReply(
            status, length < 0 ? rest[..(rest.LastIndexOf((byte)'\n') + 1)] : rest[..length], length < 0 ? default : rest[(length + gap)..],
            length >= 0);
        return true;
    }

    /// <summary>Whether bytes may become the first line of a response.</summary>
    public static bool MayBecome(ReadOnlySpan<byte> bytes) =>
        bytes.Length > 0 && ("HTTP/1."u8.StartsWith(bytes) || (bytes.StartsWith("HTTP/1."u8) && bytes.Length < 12));

    /// <summary>
    /// The body is whole by its Content-Length, or it has none; without a length nobody knows before the connection ends.
    /// </summary>
    public bool IsWhole =>
        HasHeaders
            && (Status is 204 or 304 || (Utf8Parser.TryParse(Header("Content-Length"u8), out long length, out _) && Body.Length >= length)
        || (ReplyText.Has(Header("Transfer-Encoding"u8), "chunked"u8) && Body.EndsWith("0\r\n\r\n"u8)));

    /// <summary>A header's value; empty where it is not there.</summary>
    public ReadOnlySpan<byte> Header(ReadOnlySpan<byte> name)
    {
        var rest = _headers;
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (line.Length > name.Length && line[name.Length] == ':' && ReplyText.Begins(line, name))
            {
                return line[(name.Length + 1)..].Trim(" \t"u8);
            }
        }

        return default;
    }

    public bool HasHeader(ReadOnlySpan<byte> name)
    {
        var rest = _headers;
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (line.Length > name.Length && line[name.Length] == ':' && ReplyText.Begins(line, name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The text of the page's title; <c>null</c> where it has none.</summary>
    public string? Title
    {
        get
        {
            var at = IndexOfWord(Body, "<title"u8);
            if (at < 0 || Body[at..].IndexOf((byte)'>') is not (>= 0 and var open))
            {
                return null;
            }

            var rest = Body[(at + open + 1)..];
            var end = IndexOfWord(rest, "</title"u8);
            return end < 0 ? null : ReplyText.Collapsed(rest[..end], IdentifiedService.MaxTextLength);
        }
    }

    private static int IndexOfWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        for (var at = 0; at + word.Length <= text.Length; at++)
        {
            var next = text[at..].IndexOf(word[0]);
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

    private static (int Length, int Gap) EndOfHeaders(ReadOnlySpan<byte> rest)
    {
        if (rest.StartsWith("\r\n"u8))
        {
            return (0, 2);
        }

        var (windows, plain) = (rest.IndexOf("\r\n\r\n"u8), rest.IndexOf("\n\n"u8));
        return (windows, plain) switch
        {
            ( >= 0, < 0) => (windows + 2, 2),
            ( >= 0, >= 0) when windows < plain => (windows + 2, 2),
            (_, >= 0) => (plain + 1, 1),
            _ => (-1, 0),
        };
    }
}
