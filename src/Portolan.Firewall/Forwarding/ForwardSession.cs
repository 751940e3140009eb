namespace Portolan.Firewall.Forwarding;

/// <summary>Forwards of the kernel with the settings that they need, from the start to the end.</summary>
/// <remarks>In the network namespace of the thread that opens it, which is the one that uses it.</remarks>
public sealed class ForwardSession : IDisposable
{
    private readonly string _procRoot;
    private KernelForwards? _rules;

    private ForwardSession(string procRoot) => _procRoot = procRoot;

    /// <summary>What a killed forward had left and this one has changed back.</summary>
    public IReadOnlyList<HostSetting> Restored { get; private set; } = [];

    /// <summary>What this one has changed.</summary>
    public IReadOnlyList<HostSetting> Changed { get; private set; } = [];

    /// <summary>The rules.</summary>
    public KernelForwards Rules => _rules ?? throw new ObjectDisposedException(nameof(ForwardSession));

    /// <summary>Changes back what was left, changes what is needed, and loads the rules.</summary>
    /// <param name="forwards">The forwards.</param>
    /// <param name="needs">What they need.</param>
    /// <param name="procRoot">Where /proc is.</param>
    /// <exception cref="PortolanException">It cannot be done; nothing is changed then.</exception>
    public static ForwardSession Open(IReadOnlyList<KernelForward> forwards, ForwardNeeds needs, string procRoot = "/proc")
    {
        var session = new ForwardSession(procRoot);
        using var held = SettingsLock.Take();
        session.Restored = ForwardSettings.RestoreUnlessInUse(procRoot);
        session.Changed = ForwardSettings.Plan(needs, procRoot);
        ForwardSettings.Apply(session.Changed, procRoot);
        try
        {
            session._rules = KernelForwards.Open(forwards);
        }
        catch
        {
            ForwardSettings.RestoreOrKeepNoted(procRoot);
            throw;
        }

        return session;
    }

    /// <summary>
    /// Changes what is needed by now: interfaces may have come, names may have got addresses elsewhere, and somebody may have made the host
    /// a router.
    /// </summary>
    /// <exception cref="PortolanException">It cannot be done.</exception>
    public void Renew(ForwardNeeds needs)
    {
        if (ForwardSettings.Plan(needs, _procRoot).Count == 0 && ForwardSettings.AreNoted(Changed, _procRoot))
        {
            return;
        }

        using var held = SettingsLock.Take();
        var settings = ForwardSettings.Plan(needs, _procRoot);
        ForwardSettings.Note(Changed, _procRoot);
        ForwardSettings.Apply(settings, _procRoot);
        Changed = [.. Changed.Concat(settings).DistinctBy(s => s.Key)];
    }

    /// <summary>Takes the rules away and changes everything back, unless another forward is at work: then the last one does.</summary>
    public void Dispose()
    {
        if (_rules is null)
        {
            return;
        }

        var rules = _rules;
        _rules = null;
        try
        {
            using var held = SettingsLock.Take();
            ForwardSettings.Note(Changed, _procRoot);
            rules.Dispose();
            ForwardSettings.RestoreUnlessInUse(_procRoot);
        }
        finally
        {
            // The rules go in any case; what they leave the next run changes back.
            rules.Dispose();
        }
    }
}
