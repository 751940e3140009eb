using System.Net.Security;

namespace Portolan.Scan.Checking;

/// <summary>A URL: name, route, connection, TLS where it is https, one request.</summary>
internal static class HttpCheck
{
    /// <summary>Adds the steps of one connection.</summary>
    /// <returns>The answer, or <c>null</c>.</returns>
    public static async Task<HttpAnswer?> RunAsync(HopContext hop, CancellationToken cancellationToken)
    {
        var isSecure = hop.Target.Scheme == CheckScheme.Https;
        if (isSecure && !await TlsSteps.LoadAsync(hop, cancellationToken))
        {
            return null;
        }

        await hop.Clock.StopForAsync(hop.Start.HttpAsync, cancellationToken);
        if (await AddressSteps.RunAsync(hop, cancellationToken) is not { } addresses)
        {
            return null;
        }

        if (await ConnectSteps.RunAsync(hop, addresses, cancellationToken) is not { } connected)
        {
            return null;
        }

        await using var connection = new WatchedStream(connected);
        if (!isSecure)
        {
            return await HttpSteps.RunAsync(hop, connection, connection, cancellationToken);
        }

        await using var secured =
            await TlsSteps.RunAsync(hop, connection, [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11], cancellationToken);
        return secured is null ? null : await HttpSteps.RunAsync(hop, connection, secured, cancellationToken);
    }
}
