namespace Portolan.Transport.AspNetCore;

/// <summary>Lets <see cref="HttpClient"/> connect through a network stack.</summary>
public static class PortolanHttpExtensions
{
    /// <summary>
    /// Makes a handler whose connections start in the stack; names are looked up by its resolver. No proxy of the environment is used.
    /// </summary>
    /// <remarks>It is TCP only: HTTP/1.1 and HTTP/2, with TLS or without, but not HTTP/3.</remarks>
    /// <returns>A new handler.</returns>
    /// <example><code>using var http = new HttpClient(stack.CreateHttpHandler());</code></example>
    public static SocketsHttpHandler CreateHttpHandler(this NetworkStack stack)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        return handler.UsePortolan(stack);
    }

    /// <summary>Lets a handler connect through the stack.</summary>
    /// <returns>The same handler.</returns>
    /// <example>
    /// <code>
    /// using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2 }.UsePortolan(stack));
    /// </code>
    /// </example>
    public static SocketsHttpHandler UsePortolan(this SocketsHttpHandler handler, NetworkStack stack)
    {
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            var stream = await stack.ConnectTcpAsync(context.DnsEndPoint, cancellationToken);
            stream.SetNoDelay(isNoDelay: true);
            return stream;
        };
        return handler;
    }
}
