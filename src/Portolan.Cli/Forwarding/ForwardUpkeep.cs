using Portolan.Cli.Hosting;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Model;

namespace Portolan.Cli.Forwarding;

/// <summary>
/// Keeps forwards up to date with what changes outside: addresses of names, checks of targets, and their file where SIGHUP asks for it.
/// </summary>
/// <remarks>For one thread but for <see cref="AskForReload"/>.</remarks>
internal sealed class ForwardUpkeep(
    ForwardRequest request, IForwardEngine engine, ForwardNames names, TargetChecks checks, ForwardNews news, CommandContext context)
{
    private ForwardNames _names = names;
    private TargetChecks _checks = checks;
    private int _isAsked;

    /// <summary>Has the file read again, where there is one; else it is said that nothing changes. From any thread.</summary>
    public void AskForReload() => Volatile.Write(ref _isAsked, 1);

    /// <summary>Does what is due.</summary>
    public void Refresh(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isAsked, 0) != 0)
        {
            if (engine is not RelayEngine relay)
            {
                news.NothingToReload("with --kernel the forwards cannot change while it runs");
            }
            else if (request.Reread is { } reread)
            {
                Reload(relay, reread, cancellationToken);
            }
            else
            {
                news.NothingToReload(
                    request.File is null ? "no forwards file (-f) to reload" : "stdin cannot be reloaded");
            }
        }

        _names.Refresh(engine, cancellationToken);
        _checks.Refresh(engine, cancellationToken);
        engine.Tend();
    }

    private void Reload(RelayEngine relay, Func<IReadOnlyList<ForwardSpec>> reread, CancellationToken cancellationToken)
    {
        ForwardChanges? changes = null;
        PortolanException? problem = null;
        try
        {
            changes = Take(relay, reread(), cancellationToken);
        }
        catch (PortolanException exception)
        {
            problem = exception;
        }

        var entries = relay.Forwards.Where((_, i) => !relay.IsGone(i)).Select(f => ForwardPlanEntry.Of(f, _names, problem: null)).ToList();
        news.Reloaded(new ForwardReload(request.File!, changes, problem?.Message, entries), problem?.Hint);
    }

    private ForwardChanges Take(RelayEngine relay, IReadOnlyList<ForwardSpec> specs, CancellationToken cancellationToken)
    {
        var found = new ForwardNames(specs, context, before: _names);
        found.FindAll(cancellationToken);
        ForwardConflicts.RefuseLoop(specs, found.Of, OwnAddresses.Contains);
        // What cannot be checked so is said before anything changes.
        _ = new TargetChecks(specs, request.CheckEvery, context);
        ForwardChanges changes;
        try
        {
            changes = relay.Reload(specs, found.Of, request.Drain);
        }
        catch (ListenException failure)
        {
            throw ListenFailure.Explain(failure.Forward, failure.Errno, context, cancellationToken);
        }

        _checks.Retire();
        _checks = new TargetChecks(relay.Forwards, request.CheckEvery, context);
        _names = new ForwardNames(relay.Forwards, context, before: found);
        _names.Apply(relay);
        return changes;
    }
}
