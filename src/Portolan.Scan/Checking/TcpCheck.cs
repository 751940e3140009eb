namespace Portolan.Scan.Checking;

/// <summary>
/// A port: name, route, connection, then the greeting and what it is, or what answers the question of the protocol that was named.
/// </summary>
internal static class TcpCheck
{
    public static async Task RunAsync(HopContext hop, CancellationToken cancellationToken)
    {
        if (await AddressSteps.RunAsync(hop, cancellationToken) is not { } addresses)
        {
            return;
        }

        using var stream = await ConnectSteps.RunAsync(hop, addresses, cancellationToken);
        if (stream is not null && hop.Target.Service is { Greeting: null })
        {
            await ServiceSteps.RunAsync(hop, stream, cancellationToken);
        }
        else if (stream is not null)
        {
            await GreetingSteps.RunAsync(hop, stream, cancellationToken);
            if (hop.Options.Identify && hop.Target.Service is null)
            {
                await IdentifySteps.RunAsync(hop, stream, cancellationToken);
            }
        }
    }
}
