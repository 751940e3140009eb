using System.Net;

namespace Portolan.Scan.Checking;

/// <summary>
/// What came of a body. It is read to its end, up to a limit and for as long as a step may take, and no more than its beginning is kept.
/// </summary>
/// <param name="Length">Bytes that came; no more than the limit.</param>
/// <param name="Ending">Why the reading ended.</param>
/// <param name="HasInvalidChunk">Whether it broke off at bytes that are no chunk.</param>
/// <param name="StillCame">Whether bytes still came when the time was over.</param>
internal readonly record struct HttpBody(long Length, BodyEnding Ending, bool HasInvalidChunk = false, bool StillCame = false)
{
    /// <summary>Its first bytes, at most <see cref="MostKept"/>. A stranger's.</summary>
    public ReadOnlyMemory<byte> First { get; init; }

    /// <summary>The limit, where the body is longer; else <c>null</c>. Bytes.</summary>
    public long? Limit { get; init; }

    /// <summary>As much of a body is kept, for what the server is. Bytes.</summary>
    private const int MostKept = 16 * 1024;

    /// <summary>
    /// So much of a body must come in time; a longer one may still be under way then. No more is read of a redirect's. Bytes.
    /// </summary>
    public const long Enough = 1024 * 1024;

    private const int PieceLength = 64 * 1024;

    /// <summary>Reads the body of an answer.</summary>
    public static async Task<HttpBody> ReadAsync(HopContext hop, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // The body of a redirect is not needed.
        var isRedirect = (int)response.StatusCode is >= 300 and < 400;
        var most = isRedirect && hop.Options.MaxBody > Enough ? Enough : hop.Options.MaxBody;
        var buffer = new byte[PieceLength];
        var length = 0L;
        var first = Array.Empty<byte>();
        var said = HasBody(response) ? LengthOf(response) : null;
        var (time, heardAt) = (hop.Options.Timeout, hop.Clock.Now);
        try
        {
            using var limit = hop.Limit(time, cancellationToken);
            await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
            while (length <= most)
            {
                // One byte more shows that the body is longer.
                var read = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(PieceLength, most + 1 - length)), limit.Token);
                length += read;
                first = first.Length == 0 ? buffer[..Math.Min(read, MostKept)] : first;
                // System.Net counts for HTTP/1.1 only; in HTTP/2 a body that is not as long as its field says is malformed (RFC 9113
                // section 8.1.1).
                if (said is { } field && (length > field || (read == 0 && length < field)))
                {
                    return new(length, BodyEnding.Broken) { First = first };
                }

                if (read == 0)
                {
                    return new(length, BodyEnding.Complete) { First = first };
                }

                heardAt = hop.Clock.Now;
                // Reads that find their bytes at once never look at the token.
                limit.Token.ThrowIfCancellationRequested();
            }

            return new(most, BodyEnding.TooLong) { First = first, Limit = most };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Half of the time without a byte: it has stopped, and is not only long.
            var stillCame = length > 0 && hop.Clock.Now - heardAt < time / 2;
            return new(
                length, stillCame && length >= Enough ? BodyEnding.TooLong : BodyEnding.TimedOut, StillCame: stillCame)
            { First = first };
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            var isInvalid = exception is HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse };
            return new(length, BodyEnding.Broken, isInvalid && response.Headers.TransferEncodingChunked == true) { First = first };
        }
    }

    /// <summary>The length that counts: with a transfer coding the field does not (RFC 9112 section 6.3).</summary>
    public static long? LengthOf(HttpResponseMessage response) =>
        response.Headers.TransferEncodingChunked == true ? null : response.Content.Headers.ContentLength;

    /// <summary>
    /// Whether all of it came and a field says where it ends, so that what comes behind it on the connection is no part of it.
    /// </summary>
    public bool IsCounted(HttpResponseMessage response) =>
        Ending == BodyEnding.Complete && response.Version.Major == 1 && LengthOf(response) is not null && HasBody(response);

    // RFC 9110 section 8.6: these name the length of a body that they do not have.
    private static bool HasBody(HttpResponseMessage response) =>
        response.StatusCode is not (HttpStatusCode.NotModified or HttpStatusCode.NoContent);
}
