namespace Portolan.Model;

/// <summary>
/// The most bytes of one kind of input. What is longer is refused, whatever it is: a device, a sparse file, a pipe without end.
/// </summary>
/// <param name="Reader">Who reads it, for the message, such as <c>check -f</c>.</param>
/// <param name="MiB">The limit in MiB.</param>
/// <remarks>docs/limits.md lists all of them, and what is counted besides bytes.</remarks>
public sealed record InputLimit(string Reader, int MiB)
{
    /// <summary>What helps with longer input; <c>null</c> where nothing does.</summary>
    public Advice? WayOut { get; private init; }

    /// <summary>The limit in bytes.</summary>
    public long Bytes => (long)MiB << 20;

    /// <summary>The targets of <c>check</c>.</summary>
    public static InputLimit CheckTargets { get; } = new("check -f", 4);

    /// <summary>The file of forwards of <c>forward -f</c>.</summary>
    public static InputLimit Forwards { get; } = new("forward -f", 4);

    /// <summary>The targets and excludes of a scan.</summary>
    public static InputLimit ScanTargets { get; } = new("scan -iL and --excludefile", 64);

    /// <summary>A chain of proxies.</summary>
    public static InputLimit Proxies { get; } = new("scan --proxies-file", 1);

    /// <summary>Results of a scan; a stream, so they take time and no memory.</summary>
    public static InputLimit ScanResults { get; } = new("scan --from-xml", 4096);

    /// <summary>A file of fingerprints.</summary>
    public static InputLimit Fingerprints { get; } = new("scan --fingerprints", 16);

    /// <summary>Rules, with what they include. The programs that load them have limits of their own, which most rules meet first.</summary>
    public static InputLimit Rules { get; } = new("explain --rules", 16) { WayOut = OfLongRules };

    /// <summary>What to do with rules that take too much to be loaded for a question.</summary>
    public static Advice OfLongRules =>
        $"rules in the kernel have no length limit: load them in a network namespace (sudo unshare -n) and run portolan "
            + $"explain there without --rules";

    /// <summary>A certificate, a key or a password of the page's server, each.</summary>
    public static InputLimit ServerFiles { get; } = new("serve", 1);

    /// <summary>The settings of a fleet or an agent.</summary>
    public static InputLimit FleetSettings { get; } = new("fleet and agent --config", 1);

    /// <summary>The receivers of <c>watch</c>.</summary>
    public static InputLimit WatchFile { get; } = new("watch --config", 1);

    /// <summary>A topology of the lab.</summary>
    public static InputLimit Topology { get; } = new("lab", 16);

    /// <summary>The result of a scanner that is scored.</summary>
    public static InputLimit Result { get; } = new("lab score", 64);

    /// <summary>Results that are compared, each; of a compressed one what is in it.</summary>
    public static InputLimit Comparison { get; } = new("diff", 64);

    /// <summary>IANA's registry.</summary>
    public static InputLimit Registry { get; } = new("port --update", 16);

    /// <summary>The error for what is longer.</summary>
    /// <param name="name">What the person called it.</param>
    public PortolanException Exceeded(
        string name) =>
            new(
                $"{name} is longer than {MiB} MiB, the most that {Reader} reads", WayOut ?? $"docs/limits.md lists the limits",
                ExitCode.Usage);
}
