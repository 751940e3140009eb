using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Listing;

/// <summary>A listing that was taken: the sockets, what is known about them, and which rows matched.</summary>
/// <param name="Facts">The sockets and what is known about them.</param>
/// <param name="Rows">The rows that matched, in the kernel's order.</param>
/// <param name="TakenAt">When.</param>
/// <param name="Forwards">Ports that the kernel forwards; <c>null</c> where that could not be read.</param>
/// <param name="Missing">What could not be learned, and why.</param>
internal sealed record TakenListing(
    SocketFacts Facts, SocketRows Rows, DateTimeOffset TakenAt, IReadOnlyList<PortForward>? Forwards, IReadOnlyList<MissingFact> Missing);

/// <summary>Takes listings for one request of the command line, with the names that are shown.</summary>
internal sealed class ListReader
{
    private readonly ListRequest _request;
    private readonly CommandContext _context;
    private readonly SocketLister _lister;

    /// <summary>Reads the filter.</summary>
    /// <exception cref="PortolanException">The filter is wrong; the message shows where.</exception>
    public ListReader(ListRequest request, CommandContext context)
    {
        (_request, _context) = (request, context);
        var scope = request.Scope;
        _lister = new SocketLister(context.Machine, scope);
        if (request.Lab && _lister.FiltersByOwner)
        {
            throw new PortolanException(
                "the sockets of a lab have no processes, units and containers to filter by",
                $"filter by port, state or address, or by host: namespace NAME", ExitCode.Usage);
        }

        if (_lister.FiltersByRate)
        {
            throw new PortolanException(
                "rate is only available while traffic is counted", $"portolan traffic 'rate > 1M'", ExitCode.Usage);
        }

        if (request.Lab)
        {
            _lister = new SocketLister(context.Machine, scope with { Source = LabSocketSource.Open(context.Environment) });
        }
    }

    /// <summary>Takes a listing.</summary>
    public TakenListing Take(CancellationToken cancellationToken)
    {
        var taken = _lister.Take(cancellationToken);
        var facts = new SocketFacts(taken.Snapshot, ListNames.Sources(_context.Machine, taken.Snapshot, taken.Owners))
        {
            Owners = taken.Owners?.Map,
            ShowsRunning = _request.ShowsRunning,
        };
        int? hidden = _request.Format == ListFormat.Table ? facts.HiddenOwners(taken.Rows) : null;
        return new TakenListing(facts, taken.Rows, taken.TakenAt, taken.Forwards.Forwards, taken.Missing(hidden));
    }
}
