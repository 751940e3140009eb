using System.Text;
using Portolan.Scan.Identification.Http;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>uwsgi: <c>GET /</c> as a packet of variables, answered as by HTTP (uWSGI documentation, "The uwsgi Protocol").</summary>
internal sealed class UwsgiProtocol() : ServiceProtocol("uwsgi", 3031, 3032)
{
    private static readonly ServiceProbe Get = new("uwsgi GET /", static target => Request(target));

    /// <inheritdoc/>
    public override ServiceProbe Opening => Get;

    /// <inheritdoc/>
    public override bool ReadsFirst => true;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Waits;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        if (!ReferenceEquals(reply.Asked, Get))
        {
            return ReplyReading.Foreign;
        }

        if (!HttpReply.TryRead(reply.Bytes, out var http))
        {
            return HttpReply.MayBecome(reply.Bytes) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        // A server of HTTP finds no request in the packet, and says so.
        return http.Status is 200 or 201 or 204 or (>= 300 and < 400) or 401 or 403 or 404 or 500
            ? http.HasHeaders || reply.IsEnded ? ReplyReading.Certain(new IdentifiedService(Name)) : ReplyReading.Incomplete
            : ReplyReading.Foreign;
    }

    // Modifier 0, length, modifier 0; names and values behind two bytes of length each, lowest first.
    private static byte[] Request(ServiceTarget target)
    {
        var body = new List<byte>();
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)
            [("REQUEST_METHOD", "GET"), ("REQUEST_URI", "/"), ("PATH_INFO", "/"), ("QUERY_STRING", ""), ("SERVER_PROTOCOL", "HTTP/1.1"),
                ("HTTP_HOST", target.Host), ("SERVER_NAME", target.Host), ("SERVER_PORT", target.Port.ToString()),
                ("HTTP_USER_AGENT", "Portolan")])
        {
            Add(body, name);
            Add(body, value);
        }

        return [0, (byte)body.Count, (byte)(body.Count >> 8), 0, .. body];
    }

    private static void Add(List<byte> body, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        body.AddRange([(byte)bytes.Length, (byte)(bytes.Length >> 8), .. bytes]);
    }
}
