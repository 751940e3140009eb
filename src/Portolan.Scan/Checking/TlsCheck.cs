namespace Portolan.Scan.Checking;

/// <summary>A port with TLS: name, route, connection, handshake, and the greeting or the answer of its protocol.</summary>
internal static class TlsCheck
{
    public static async Task RunAsync(HopContext hop, CancellationToken cancellationToken)
    {
        if (!await TlsSteps.LoadAsync(hop, cancellationToken) || await AddressSteps.RunAsync(hop, cancellationToken) is not { } addresses)
        {
            return;
        }

        if (await ConnectSteps.RunAsync(hop, addresses, cancellationToken) is not { } connected)
        {
            return;
        }

        await using var connection = new WatchedStream(connected);
        await using var secured = await TlsSteps.RunAsync(hop, connection, [], cancellationToken);
        if (secured is not null)
        {
            await (hop.Target.Service is { Greeting: null }
                ? ServiceSteps.RunAsync(hop, secured, cancellationToken)
                : GreetingSteps.RunAsync(hop, secured, cancellationToken));
        }
    }
}
