using Portolan.Cli.Hosting;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Kernel;
using Portolan.Forwarding.Metrics;
using Portolan.Forwarding.Model;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets.Binding;

namespace Portolan.Cli.Forwarding;

/// <summary>Runs forwards from the first lookup to the last connection.</summary>
internal sealed class ForwardRunner(ForwardRequest request, CommandContext context)
{
    /// <summary>Events are printed so soon, and Ctrl-C is seen at once.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(100);

    /// <summary>While it ends, the end is seen as soon.</summary>
    private static readonly TimeSpan EndSlice = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan UsualDrawing = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UsualStatistics = TimeSpan.FromSeconds(10);

    /// <summary>What ending takes beside the connections that go on.</summary>
    private static readonly TimeSpan EndGrace = TimeSpan.FromSeconds(5);

    private readonly ForwardNames _names = new(request.Forwards, context);
    private readonly TargetChecks _checks = new(request.Forwards, request.CheckEvery, context);

    /// <summary>Runs until a signal comes.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        context.EndInOrderWithin(request.Drain + EndGrace);
        if (request.InKernel)
        {
            KernelDemands.Check(request.Forwards);
        }

        var room = DescriptorEstimate.For(request.InKernel ? 0 : request.Threads);
        if (room < request.Forwards.Count && !request.DryRun)
        {
            throw ListenFailure.Explain(request.Forwards[room], Errno.TooManyDescriptors, context, cancellationToken);
        }

        _names.FindAll(cancellationToken);
        ForwardConflicts.RefuseLoop(request.Forwards, _names.Of, OwnAddresses.Contains);
        if (!request.DryRun)
        {
            ForwardRestore.Run(context, isAsked: false);
        }

        var kernel = request.InKernel ? KernelPlan.Make(request.Forwards, _names) : null;
        return request.DryRun ? ShowPlan(kernel, room) : Forward(kernel, cancellationToken);
    }

    private ExitCode ShowPlan(KernelPlan? kernel, int room)
    {
        var entries = request.Forwards.Select((f, i) => Entry(f, i == room ? ListenFailure.NoDescriptor : Problem(f))).ToList();
        if (context.Json)
        {
            Json().WriteStart(entries, dryRun: true, request.Threads, kernel);
        }
        else
        {
            ForwardPlanText.Write(entries, kernel, context);
        }

        return entries.Exists(e => e.Problem is not null) ? ExitCode.NothingFound : ExitCode.Success;
    }

    private ExitCode Forward(KernelPlan? kernel, CancellationToken cancellationToken)
    {
        var news = new ForwardNews(context.Json, context.Clock);
        IForwardEngine engine = kernel is not null
            ? new KernelEngine(request.Forwards, news, context.Clock)
            : new RelayEngine(request.Forwards, request.Threads, news, context.Clock);
        try
        {
            engine.Open();
        }
        catch (ListenException failure)
        {
            throw ListenFailure.Explain(failure.Forward, failure.Errno, context, cancellationToken);
        }

        _names.Apply(engine);
        try
        {
            Serve(engine, news, kernel, cancellationToken);
        }
        finally
        {
            // Whatever fails: files of Unix sockets are removed. A second time it does nothing.
            engine.Stop(TimeSpan.Zero);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return ExitCode.Success;
    }

    private void Serve(IForwardEngine engine, ForwardNews news, KernelPlan? kernel, CancellationToken cancellationToken)
    {
        using var metrics = request.Metrics is { } place
            ? MetricsEndpoint.Open(place.Address, place.Port, text => PrometheusText.Write(engine, text))
            : null;
        engine.Start();
        // Whoever is in a hurry still wants the balance, and settings back.
        context.OnSecondSignal(engine.Hurry);
        if (engine is KernelEngine { Changed: var changed })
        {
            // Between the plan and the start another forward may have come or gone.
            kernel = kernel! with { Settings = changed };
            var forwards = kernel.Forwards;
            _ = Task.Run(() => news.Warn(KernelObstacles.Find(forwards, context, cancellationToken)), cancellationToken);
        }

        if (metrics is not null)
        {
            BestEffortStderr.Say(context, $"portolan: counters are at http://{metrics.Address}/metrics");
        }

        var entries = request.Forwards.Select((f, i) => Entry(f with { Listen = engine.BoundTo(i) }, problem: null)).ToList();
        var upkeep = new ForwardUpkeep(request, engine, _names, _checks, news, context);
        context.OnHangUp(upkeep.AskForReload);

        using var keeper = new ForwardKeeper(engine, request.Drain, upkeep.Refresh, cancellationToken);
        if (context.Json)
        {
            RunJson(engine, news, entries, kernel, keeper, cancellationToken);
        }
        else
        {
            RunText(engine, news, entries, kernel, keeper, cancellationToken);
        }
    }

    private void RunText(
        IForwardEngine engine, ForwardNews news, List<ForwardPlanEntry> entries, KernelPlan? kernel, ForwardKeeper keeper,
        CancellationToken cancellationToken)
    {
        var screen = new ForwardScreen(context);
        var began = context.Clock.GetTimestamp();
        screen.Begin(entries, kernel);
        var reset = Loop(
            keeper,
            request.Every ?? UsualDrawing,
            () => TellAll(screen, news),
            seconds => screen.Update(engine, seconds),
            () => screen.Ending(engine.ActiveConnections, request.Drain),
            cancellationToken);
        screen.End(engine, reset, context.Clock.GetElapsedTime(began).TotalSeconds);
    }

    private static void TellAll(ForwardScreen screen, ForwardNews news)
    {
        while (news.TryTake(out var notice))
        {
            screen.Tell(notice);
        }
    }

    private void RunJson(
        IForwardEngine engine, ForwardNews news, List<ForwardPlanEntry> entries, KernelPlan? kernel, ForwardKeeper keeper,
        CancellationToken cancellationToken)
    {
        var json = Json();
        json.WriteStart(entries, dryRun: false, request.Threads, kernel);
        var reset = Loop(
            keeper, request.Every ?? UsualStatistics, () => WriteAll(json, news), _ => json.WriteStatistics(engine, news.Dropped),
            static () => { }, cancellationToken);
        json.WriteEnd(engine, news.Dropped, reset);
    }

    private static void WriteAll(ForwardJson json, ForwardNews news)
    {
        // As many as may wait: those that come meanwhile are for the next time.
        for (var left = ForwardNews.MostConnections; left > 0 && news.TryTake(out var at, out var report); left--)
        {
            json.WriteConnection(at, report);
        }

        while (news.TryTake(out var notice))
        {
            json.WriteNotice(notice);
        }
    }

    /// <summary>Prints until the engine has ended; how many connections were reset.</summary>
    private int Loop(
        ForwardKeeper keeper, TimeSpan interval, Action print, Action<double> show, Action ending, CancellationToken cancellationToken)
    {
        var shownAt = context.Clock.GetTimestamp();
        var slice = Slice < interval ? Slice : interval;
        while (!cancellationToken.IsCancellationRequested && !keeper.WaitForEnd(TimeSpan.Zero, out _))
        {
            print();
            if (context.Clock.GetElapsedTime(shownAt) is var elapsed && elapsed >= interval)
            {
                shownAt = context.Clock.GetTimestamp();
                show(elapsed.TotalSeconds);
            }

            cancellationToken.WaitHandle.WaitOne(slice);
        }

        ending();
        int reset;
        while (!keeper.WaitForEnd(EndSlice, out reset))
        {
            print();
        }

        print();
        return reset;
    }

    private ForwardPlanEntry Entry(ForwardSpec spec, string? problem) => ForwardPlanEntry.Of(spec, _names, problem);

    private string? Problem(ForwardSpec spec)
    {
        if (spec.Listen is { Path: { } path })
        {
            return ListenFailure.PathProblem(path, errno: 0) is var (message, hint) ? $"{message}: {hint}" : null;
        }

        if (spec.Listen.Port.Value == 0)
        {
            return null;
        }

        var attempts = spec.Listen.Address is { } address
            ? [new BindAttempt(
                spec.Protocol, address, spec.Listen.Port, V6Only: true, ReuseAddress: spec.Protocol == TransportProtocol.Tcp)]
            : new[] { new BindAttempt(
                spec.Protocol, InternetAddress.AnyIPv6, spec.Listen.Port, ReuseAddress: spec.Protocol == TransportProtocol.Tcp) };
        foreach (var attempt in attempts)
        {
            switch (context.Machine.Binds.TryBind(attempt))
            {
                case Errno.AddressInUse:
                    return $"the port is in use: portolan who {spec.Listen.Port}/{spec.Protocol.Name()}";
                case Errno.AccessDenied or Errno.NotPermitted:
                    return $"a port below {context.Machine.Settings.FirstUnprivilegedPort} needs CAP_NET_BIND_SERVICE: run it with sudo";
                case Errno.AddressNotAvailable:
                    return $"{attempt.Address} is not an address of this host";
            }
        }

        return null;
    }

    private ForwardJson Json() => new(new EventLines(context), () => context.Clock.GetUtcNow());
}
