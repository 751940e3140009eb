using Portolan.Cli.Hosting;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Model;
using Portolan.Model;
using Portolan.Scan.Names;
using Portolan.Watch.Checking;

namespace Portolan.Cli.Forwarding;

/// <summary>The addresses of targets that are names: looked up at the start and again in intervals, never while data moves.</summary>
internal sealed class ForwardNames(
    IReadOnlyList<ForwardSpec> forwards, CommandContext context, ForwardNames? before = null, Func<INameLookup>? openLookup = null)
{
    /// <summary>So long after the last lookup the next one begins.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    // What is known is never changed but replaced: others may look at it meanwhile.
    private volatile Dictionary<string, IReadOnlyList<InternetAddress>> _known = before?._known ?? new(StringComparer.Ordinal);
    private readonly string[] _names =
        [.. forwards.SelectMany(f => f.Targets).Where(t => t.IsName).Select(t => t.Host).Distinct(StringComparer.Ordinal)];
    // Anew for each round: the files of names and servers may be others by then.
    private readonly Func<INameLookup> _openLookup = openLookup ?? (() => CheckSetup.MakeNames(context.Machine));
    private Task? _running;
    private long _lookedAt = before?._lookedAt ?? 0;

    /// <summary>Looks all of them up.</summary>
    /// <exception cref="PortolanException">One has no address, or an interface is not there.</exception>
    public void FindAll(CancellationToken cancellationToken)
    {
        if (forwards.SelectMany(static f => f.Targets).FirstOrDefault(
            static t => t.Zone is { } zone && !OwnAddresses.HasInterface(zone)) is { } lost)
        {
            throw new PortolanException(
                $"the target {lost}: this host has no interface {TerminalText.Escape(lost.Zone!)}",
                $"ip -brief link lists the interfaces of this host", ExitCode.Failed);
        }

        if (_names.Length == 0)
        {
            return;
        }

        var known = new Dictionary<string, IReadOnlyList<InternetAddress>>(_known, StringComparer.Ordinal);
        var lookup = _openLookup();
        var answers = _names.Select(name => FindAsync(lookup, name, cancellationToken)).ToArray();
        for (var i = 0; i < _names.Length; i++)
        {
            var (addresses, problem) = answers[i].GetAwaiter().GetResult();
            // A resolver that is away must not stop what was known before.
            known[_names[i]] = addresses.Count > 0 ? addresses
                : known.TryGetValue(_names[i], out var earlier) ? earlier
                : throw new PortolanException(
                    $"the target {_names[i]} has no address: {TerminalText.Escape(problem ?? "none is known")}",
                    $"portolan check {_names[i]}:{PortOf(_names[i])} shows its resolution; or give an address",
                    ExitCode.Failed);
        }

        _known = known;
        _lookedAt = context.Clock.GetTimestamp();
    }

    /// <summary>The addresses of a target, the best first; none for a path.</summary>
    public IReadOnlyList<InternetAddress> Of(TargetPoint target) =>
        target.Address is { } address ? [address] : target.Path is null ? _known[target.Host] : [];

    /// <summary>Gives the engine what is known.</summary>
    public void Apply(IForwardEngine engine)
    {
        for (var i = 0; i < forwards.Count; i++)
        {
            for (var j = 0; j < forwards[i].Targets.Count; j++)
            {
                if (forwards[i].Targets[j] is { IsName: true } target)
                {
                    engine.SetAddresses(i, j, Of(target));
                }
            }
        }
    }

    /// <summary>When it is time, begins to look the names up again; gives the engine what came of the last time. Never waits.</summary>
    public void Refresh(IForwardEngine engine, CancellationToken cancellationToken)
    {
        if (_running is { IsCompleted: true })
        {
            _running = null;
            _lookedAt = context.Clock.GetTimestamp();
            Apply(engine);
        }
        else if (_running is null && _names.Length > 0 && context.Clock.GetElapsedTime(_lookedAt) >= Interval)
        {
            _running = Task.Run(() => LookAgainAsync(cancellationToken), cancellationToken);
        }
    }

    // A name that is not found now keeps its addresses: a resolver that is away must not end what works.
    private async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        var known = new Dictionary<string, IReadOnlyList<InternetAddress>>(_known, StringComparer.Ordinal);
        var lookup = _openLookup();
        foreach (var name in _names)
        {
            var (addresses, _) = await FindAsync(lookup, name, cancellationToken);
            if (addresses.Count > 0)
            {
                known[name] = addresses;
            }
        }

        _known = known;
    }

    private static async Task<(IReadOnlyList<InternetAddress> Addresses, string? Problem)> FindAsync(
        INameLookup lookup, string name, CancellationToken cancellationToken)
    {
        var answer = await lookup.LookUpAsync(name, AddressFamilies.IPv4 | AddressFamilies.IPv6, cancellationToken);
        return ([.. answer.Addresses.Select(a => a.Unmap()).Distinct()], answer.Problem);
    }

    private PortNumber PortOf(string name) => forwards.SelectMany(f => f.Targets).First(t => t.IsName && t.Host == name).Port;
}
