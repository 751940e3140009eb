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
        if (isSecure && hop.Tools.WhyNoTls() is { } obstacle)
        {
            hop.Add(new TlsStep(hop.Target.Host, Session: null, [], [])
            {
                Time = hop.Clock.Since(hop.Clock.Now),
                Result = StepResult.LocalFailure,
                Summary = obstacle.Problem,
                Meaning = obstacle.Remedy,
            });
            return null;
        }

        var trust = isSecure ? hop.Trust.LoadAsync() : Task.CompletedTask;
        if (await AddressSteps.RunAsync(hop, cancellationToken) is not { } addresses)
        {
            return null;
        }

        await trust;
        if (await ConnectSteps.RunAsync(hop, addresses, cancellationToken) is not { } connected)
        {
            return null;
        }

        await using var connection = new WatchedStream(connected);
        if (!isSecure)
        {
            return await HttpSteps.RunAsync(hop, connection, connection, cancellationToken);
        }

        await using var secured = await TlsSteps.RunAsync(hop, connection, [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11], cancellationToken);
        return secured is null ? null : await HttpSteps.RunAsync(hop, connection, secured, cancellationToken);
    }
}
