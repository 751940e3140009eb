using Portolan.Firewall.Changing.Table;

namespace Portolan.Firewall.Changing.Saving;

/// <summary>
/// Portolan's rules for the next start of the machine: a plain file of nft, and a unit of systemd that loads it. Both go when no rule is
/// left.
/// </summary>
/// <param name="root">What stands for <c>/</c>; another one in tests.</param>
public sealed class SavedRules(string root = "/")
{
    /// <summary>The file, beneath the root.</summary>
    public const string RulesPath = "etc/portolan/firewall.nft";

    /// <summary>The unit, beneath the root.</summary>
    public const string UnitPath = "etc/systemd/system/portolan-firewall.service";

    /// <summary>The link that makes systemd start the unit, beneath the root.</summary>
    public const string LinkPath = "etc/systemd/system/sysinit.target.wants/portolan-firewall.service";

    /// <summary>How each file of Portolan's begins, so that nobody else's is replaced.</summary>
    private const string RulesMark = "# Portolan's rules";

    private const string UnitMark = "# Made by portolan";

    private static readonly string[] NftPaths = ["usr/sbin/nft", "sbin/nft", "usr/bin/nft"];

    private string Rules => Path.Combine(root, RulesPath);

    private string Unit => Path.Combine(root, UnitPath);

    private string Link => Path.Combine(root, LinkPath);

    /// <summary>
    /// Saves what lasts of a state, or takes away what was saved when nothing does. Each file is replaced as a whole or not at all.
    /// </summary>
    public SaveOutcome Save(OwnState state)
    {
        try
        {
            return state.Lasting is { Rules.Count: > 0 } lasting ? Write(lasting) : Remove();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new SaveOutcome(
                SaveResult.Failed,
                "/" + RulesPath,
                $"{exception.Message}; the rules are active now, but will not survive a reboot: fix that, then run "
                    + $"portolan firewall confirm again");
        }
    }

    /// <summary>Whether there is a file that <see cref="Save"/> wrote.</summary>
    public bool Exists => File.Exists(Rules);

    /// <summary>Whether what lasts of a state is what is saved; times apart, which run.</summary>
    public bool IsCurrent(OwnState state)
    {
        try
        {
            return state.Lasting is { Rules.Count: > 0 } lasting
                ? File.Exists(Rules) && File.ReadAllText(Rules) == RulesText(lasting) && (Nft is null || !HasSystemd || Path.Exists(Link))
                : !File.Exists(Rules);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private string? Nft => NftPaths.FirstOrDefault(p => File.Exists(Path.Combine(root, p)));

    private bool HasSystemd => Directory.Exists(Path.Combine(root, "run/systemd/system"));

    /// <summary>The unit's text.</summary>
    /// <param name="nft">Where nft is.</param>
    public static string UnitText(string nft) =>
        $"""
        # Made by portolan firewall confirm; portolan firewall undo takes it away when no rule is left.
        [Unit]
        Description=Portolan's firewall rules (table inet portolan)
        DefaultDependencies=no
        After=local-fs.target systemd-modules-load.service systemd-sysctl.service nftables.service
        Before=network-pre.target shutdown.target
        Wants=network-pre.target
        Conflicts=shutdown.target

        [Service]
        Type=oneshot
        RemainAfterExit=yes
        ExecStart={nft} -f /{RulesPath}
        ExecReload={nft} -f /{RulesPath}

        [Install]
        WantedBy=sysinit.target

        """;

    private SaveOutcome Write(OwnState lasting)
    {
        Replace(Rules, RulesMark, RulesText(lasting), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (!HasSystemd)
        {
            return new SaveOutcome(
                SaveResult.FileOnly, "/" + RulesPath, $"systemd does not run this machine: run nft -f /{RulesPath} at boot");
        }

        if (Nft is not { } nft)
        {
            return new SaveOutcome(
                SaveResult.FileOnly, "/" + RulesPath,
                "nft, which loads the file at boot, is not installed: apt-get install nftables, then run portolan firewall confirm again");
        }

        Replace(
            Unit, UnitMark, UnitText("/" + nft),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        if (!Path.Exists(Link) && new FileInfo(Link).LinkTarget is null)
        {
            // What systemctl enable would make of the [Install] section; it needs no running systemd.
            Directory.CreateDirectory(Path.GetDirectoryName(Link)!);
            File.CreateSymbolicLink(Link, "/" + UnitPath);
        }

        return new SaveOutcome(SaveResult.Saved, "/" + RulesPath, null);
    }

    private static string RulesText(OwnState lasting) =>
        $"{RulesMark} that were confirmed; the table inet portolan and nothing else.\n{TableText.Of(OwnTableBuilder.Build(lasting))}";

    private SaveOutcome Remove()
    {
        var existed = IsOurs(Rules, RulesMark);
        if (IsOurs(Unit, UnitMark))
        {
            if (Directory.Exists(Path.GetDirectoryName(Link)))
            {
                File.Delete(Link);
            }

            File.Delete(Unit);
        }

        if (existed)
        {
            File.Delete(Rules);
        }

        return new SaveOutcome(existed ? SaveResult.Removed : SaveResult.Nothing, "/" + RulesPath, null);
    }

    /// <summary>Whether a file is there and begins as Portolan's do.</summary>
    private static bool IsOurs(string path, string mark)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using var reader = new StreamReader(path);
        return reader.ReadLine() is { } line && line.StartsWith(mark, StringComparison.Ordinal);
    }

    private static void Replace(string path, string mark, string text, UnixFileMode mode)
    {
        if (Path.Exists(path) && !IsOurs(path, mark))
        {
            throw new IOException($"{path} exists and is not Portolan's, so it is left alone: move it away");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = path + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}

/// <summary>What became of saving.</summary>
/// <param name="Result">The result.</param>
/// <param name="FilePath">The file of nft.</param>
/// <param name="Why">What is missing and what to do, or <c>null</c>.</param>
public sealed record SaveOutcome(SaveResult Result, string FilePath, string? Why);

/// <summary>Results of saving.</summary>
public enum SaveResult
{
    /// <summary>There was nothing to save and nothing saved.</summary>
    Nothing,

    /// <summary>It is loaded at the next start.</summary>
    Saved,

    /// <summary>The file is there, but nothing loads it.</summary>
    FileOnly,

    /// <summary>No rule is left, and what was saved was taken away.</summary>
    Removed,

    /// <summary>It was not asked for, or is of no use here.</summary>
    NotSaved,

    /// <summary>It could not be written.</summary>
    Failed,
}
