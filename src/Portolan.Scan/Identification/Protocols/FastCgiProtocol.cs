namespace Portolan.Scan.Identification.Protocols;

/// <summary>FastCGI: FCGI_GET_VALUES, a management record that starts no request (FastCGI specification, section 4.1).</summary>
internal sealed class FastCgiProtocol() : ServiceProtocol("fastcgi", 9000)
{
    private static readonly ServiceProbe Values = new("FastCGI GET_VALUES",
        [1, 9, 0, 0, 0, 48, 0, 0, 14, 0, .. "FCGI_MAX_CONNS"u8, 13, 0, .. "FCGI_MAX_REQS"u8, 15, 0, .. "FCGI_MPXS_CONNS"u8]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Values;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Waits;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Values) || !((ReadOnlySpan<byte>)[1, 10, 0, 0]).StartsWith(bytes[..Math.Min(4, bytes.Length)])
            || bytes.IsEmpty)
        {
            return ReplyReading.Foreign;
        }

        return bytes.Length < 8 || bytes.Length < 8 + ((bytes[4] << 8) | bytes[5])
            ? ReplyReading.UnlessEnded(reply)
            : ReplyReading.Certain(new IdentifiedService(Name));
    }
}
