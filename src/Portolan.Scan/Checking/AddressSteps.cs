using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Names;

namespace Portolan.Scan.Checking;

/// <summary>From a host to the addresses to try: its name is looked up, and each address's route.</summary>
internal static class AddressSteps
{
    /// <summary>Adds the steps.</summary>
    /// <returns>The addresses in the order of <see cref="AddressOrder"/>; <c>null</c> when the check ends here.</returns>
    public static async Task<IReadOnlyList<InternetAddress>?> RunAsync(HopContext hop, CancellationToken cancellationToken)
    {
        var addresses = hop.Target.Address is { } address ? [address] : await ResolveAsync(hop, cancellationToken);
        return addresses is null ? null : Route(hop, addresses);
    }

    private static async Task<IReadOnlyList<InternetAddress>?> ResolveAsync(HopContext hop, CancellationToken cancellationToken)
    {
        var (name, at) = (hop.Target.Host, hop.Clock.Now);
        var families = (hop.Options.UseIPv4 ? AddressFamilies.IPv4 : 0) | (hop.Options.UseIPv6 ? AddressFamilies.IPv6 : 0);
        var answer = await hop.Tools.Names.LookUpAsync(name, families, cancellationToken);
        var time = hop.Clock.Since(at);
        if (answer.Addresses.Count > 0)
        {
            hop.Add(new NameStep(name, answer)
            {
                Time = time,
                Result = StepResult.Ok,
                Summary = $"{name} is {string.Join(", ", answer.Addresses)}, says {NameWords.Source(answer)}",
            });
            return answer.Addresses;
        }

        var isUnasked = answer.Steps.Count > 0 && answer.Steps.All(static s => s is DnsStep { WasSent: false });
        var which = families switch { AddressFamilies.IPv4 => "IPv4 ", AddressFamilies.IPv6 => "IPv6 ", _ => "" };
        var isUnanswered = answer.Steps.Count > 0
            && answer.Steps.All(static s => s is DnsStep { Outcome: DnsOutcome.TimedOut or DnsOutcome.Unreachable or DnsOutcome.Failed });
        hop.Add(new NameStep(name, answer)
        {
            Time = time,
            Result = isUnasked ? StepResult.LocalFailure : StepResult.Failed,
            Summary = isUnasked ? $"{name} was not looked up: {answer.Problem}"
                : isUnanswered ? $"no {which}address of {name} is known: {answer.Problem}"
                : $"{name} has no {which}address: {answer.Problem}",
            Meaning = isUnasked ? "this host sent no query, so the name is unknown (ip route lists the routes)"
                : isUnanswered ? "unknown whether the name exists: the queried DNS servers do not answer, or cannot resolve it"
                : "the name is misspelt, or unknown to the queried server",
        });
        return null;
    }

    private static List<InternetAddress>? Route(HopContext hop, IReadOnlyList<InternetAddress> addresses)
    {
        if (hop.Tools.Network is not { } network)
        {
            return AddressOrder.Order(addresses, hop.Options, static _ => true);
        }

        var at = hop.Clock.Now;
        var routes = new Dictionary<InternetAddress, RouteAnswer>();
        foreach (var address in addresses)
        {
            routes[address] = network.FindRoute(address, hop.Target.Scope);
        }

        var ordered = AddressOrder.Order(addresses, hop.Options, a => routes[a].Route is not null);
        var listed = ordered.Select(a => new AddressRoute(a, routes[a])).ToList();
        var time = hop.Clock.Since(at);
        if (listed.Count == 0)
        {
            hop.Add(new RouteStep(listed)
            {
                Time = time,
                Result = StepResult.Failed,
                Summary = hop.Options.UseIPv4 ? "this is not an IPv4 address" : "this is not an IPv6 address",
            });
            return null;
        }

        var best = listed[0];
        if (best.Answer.Route is not { } route)
        {
            // The kernel has ways that routing tables alone do not show, so connect() has the last word.
            hop.Add(new RouteStep(listed)
            {
                Time = time,
                Result = StepResult.Warning,
                Summary = best.Answer.Problem ?? $"no route to {best.Address}",
                Meaning = best.Answer.Hint?.ToString(),
            });
            return ordered;
        }

        hop.Add(new RouteStep(listed) { Time = time, Result = StepResult.Ok, Summary = Describe(best.Address, route) });
        return ordered;
    }

    private static string Describe(InternetAddress address, Route route) => route switch
    {
        { IsLocal: true } => $"{address} is this host itself, from {route.Source} over {route.InterfaceName}",
        { Gateway: { } gateway } => $"{address} over {route.InterfaceName} via {gateway}, from {route.Source}",
        _ => $"{address} over {route.InterfaceName} directly, from {route.Source}",
    };
}

/// <summary>The addresses of a name.</summary>
/// <param name="Name">The name that was looked up.</param>
/// <param name="Answer">What was found, and who said so.</param>
public sealed record NameStep(string Name, NameAnswer Answer) : CheckStep
{
    /// <inheritdoc/>
    public override string Kind => "name";
}

/// <summary>How this host would reach each address. Asks nothing on the wire.</summary>
/// <param name="Routes">In the order in which the addresses are tried.</param>
public sealed record RouteStep(IReadOnlyList<AddressRoute> Routes) : CheckStep
{
    /// <inheritdoc/>
    public override string Kind => "route";
}

/// <summary>The way to one address.</summary>
/// <param name="Address">The destination.</param>
/// <param name="Answer">The route, or why there is none.</param>
public sealed record AddressRoute(InternetAddress Address, RouteAnswer Answer);
