using Portolan.Store;
using Portolan.Store.Tables;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>One observation of a port, by a scan or a chart.</summary>
/// <param name="At">When.</param>
/// <param name="State">Its state.</param>
/// <param name="Facts">What was known of it.</param>
/// <param name="IsHostDown">The host was found down.</param>
public sealed record PortLook(DateTimeOffset At, StateView? State, Endpoint Facts, bool IsHostDown)
{
    /// <summary>The state for people.</summary>
    public string Text => IsHostDown ? "host down" : State?.Text ?? "unknown";
}

/// <summary>What is known of a port of a host at a moment.</summary>
/// <param name="Host">The host.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Then">The last look within the moment; <c>null</c> if not observed then.</param>
/// <param name="Before">The last look before the moment; <c>null</c> for none.</param>
/// <param name="After">The first look after the moment; <c>null</c> for none.</param>
public sealed record PortMoment(KnownHost Host, TransportProtocol Protocol, PortLook? Then, PortLook? Before, PortLook? After);

/// <summary>Finds what was seen of a port at a moment. Between two looks nothing is known: the last state is not an answer.</summary>
/// <param name="store">The store.</param>
public sealed class PortMoments(HistoryStore store)
{
    private const int Page = 200;
    private const int MostPages = 50;

    /// <summary>Asks for a port of a host; <c>null</c> where the port was never looked at.</summary>
    /// <param name="host">The host.</param>
    /// <param name="endpoint">The protocol and the port.</param>
    /// <param name="start">The start of the moment.</param>
    /// <param name="end">Its end, which is no part of it.</param>
    public PortMoment? Find(KnownHost host, EndpointKey endpoint, DateTimeOffset start, DateTimeOffset end)
    {
        ArgumentNullException.ThrowIfNull(host);
        var then = Back(host, endpoint, end);
        var before = then is null || then.At < start ? then : Back(host, endpoint, start);
        var after = Forward(host, endpoint, end.AddMilliseconds(-1));
        return then is null && after is null
            ? null
            : new PortMoment(host, endpoint.Protocol, then?.At >= start ? then : null, before, after);
    }

    private PortLook? Back(KnownHost host, EndpointKey endpoint, DateTimeOffset before)
    {
        for (var page = 0; page < MostPages; page++)
        {
            var looks = store.Looks.Before(host.Id, before.AddMilliseconds(-1), Page);
            if (First(host, endpoint, looks) is { } found)
            {
                return found;
            }

            if (looks.Count < Page || looks[^1].At >= before)
            {
                return null;
            }

            before = looks[^1].At;
        }

        return null;
    }

    private PortLook? Forward(KnownHost host, EndpointKey endpoint, DateTimeOffset after)
    {
        for (var page = 0; page < MostPages; page++)
        {
            var looks = store.Looks.After(host.Id, after, Page);
            if (First(host, endpoint, looks) is { } found)
            {
                return found;
            }

            if (looks.Count < Page)
            {
                return null;
            }

            after = looks[^1].At;
        }

        return null;
    }

    private PortLook? First(KnownHost host, EndpointKey endpoint, List<LookRecord> looks)
    {
        foreach (var look in looks)
        {
            var picture = PictureText.Read(store.Contents.TextOf(look.Picture), host.Key, store.Contents);
            var isDown = picture.Status == Scan.Results.HostStatus.Down;
            if (isDown || picture.StateOf(endpoint) is not null)
            {
                return new PortLook(
                    look.At, picture.StateOf(endpoint), picture.Endpoints.GetValueOrDefault(endpoint, Endpoint.Bare), isDown);
            }
        }

        return null;
    }
}
