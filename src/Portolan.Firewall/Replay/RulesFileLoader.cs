using Portolan.Firewall.Host;
using Portolan.Firewall.Replay.Rebuilding;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Netlink;
using Portolan.Linux.Scratch;

namespace Portolan.Firewall.Replay;

/// <summary>Has nft or iptables-restore load a file of rules in a scratch namespace, and reads what the kernel made of it.</summary>
/// <remarks>Needs no privilege where ordinary users may make user namespaces. Nothing of this machine is changed.</remarks>
/// <param name="program">What runs inside.</param>
public sealed class RulesFileLoader(ScratchProgram program)
{
    /// <summary>Where programs of the system are; PATH is not searched. The last is NixOS's.</summary>
    private static readonly string[] Folders = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/run/current-system/sw/bin"];

    /// <summary>On a machine with other work to do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>
    /// What a program that loads rules may take, however long they are: a list of a few bytes may stand for one without end, and a long
    /// file may hold little. nft takes 400 bytes for an address of a set and 2,900 for a rule, iptables-nft-restore 1,700 for one.
    /// </summary>
    private static readonly ProgramLimits Limits = new(240L << 20, ProcessorSeconds: 3);

    /// <summary>
    /// What is read of what it made: the kernel takes 3 s to tell so many ranges of a set, and the judge 220 MB for so many rules that ban.
    /// </summary>
    private static readonly RulesetLimit Most = new(Rules: 40_000, Elements: 300_000);

    /// <summary>What a shell says of SIGXCPU.</summary>
    private const int TimeSignal = 128 + 24;

    /// <summary>Loads a file and reads the rules.</summary>
    /// <param name="file">The file.</param>
    /// <param name="host">Whose interfaces there are: rules that name one which is not there cannot be loaded.</param>
    /// <param name="folder">Where the person is: names in <c>include</c> that begin with a dot start there.</param>
    /// <param name="includeFolders">Folders besides the file's own from which <c>include</c> may take files.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="PortolanException">The program that loads it is not installed or refuses it, or namespaces are not allowed
    /// here.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public LoadedRules Load(
        RulesFile file, HostFacts host, string folder, IReadOnlyList<string> includeFolders, CancellationToken cancellationToken)
    {
        var loader = FindLoader(file);
        var script = file.Kind == RulesFileKind.Nft ? NftScript.Read(file, folder, includeFolders) : null;
        try
        {
            using var scratch = ScratchNamespace.Start(program, cancellationToken);
            var differences = HostBuilder.BuildInterfaces(scratch, host, cancellationToken);
            Load(scratch, loader, file, script);
            using var netfilter = scratch.OpenNetlink(ScratchPlace.Near, NetlinkFamily.Netfilter);
            return new LoadedRules(RulesetReader.Read(netfilter, cancellationToken, Most).Require(), differences);
        }
        catch (NamespaceProcessException exception)
        {
            throw new PortolanException(
                $"{file.Name} cannot be loaded without a scratch namespace: {exception.Message}", exception.Remedy, ExitCode.NoPrivilege,
                exception);
        }
        catch (RulesetLimitException exception)
        {
            throw new PortolanException(
                $"{file.Name} has {exception.Message}, the most that explain --rules judges", InputLimit.OfLongRules, inner: exception);
        }
        catch (Exception exception) when (exception is ScratchException or LinuxException)
        {
            throw new PortolanException($"{file.Name} cannot be loaded: {exception.Message}", inner: exception);
        }
    }

    private static void Load(ScratchNamespace scratch, string loader, RulesFile file, NftScript? script)
    {
        var input = script?.Text ?? file.Content;
        IReadOnlyList<string> arguments = script is null ? [] : ["-f", "-"];
        var result = scratch.Run(loader, arguments, "/", input.Span, Patience, Limits);
        if (result.ExitCode == 0)
        {
            return;
        }

        Advice hint = $"this machine's rules were not changed: the file was tried in a scratch namespace";
        var (program, memory, time) = (Path.GetFileName(loader), Limits.MemoryBytes >> 20, Limits.ProcessorSeconds);
        throw result switch
        {
            { ExitCode: TimeSignal } =>
                new PortolanException(
                    $"{program} would need more than {time} s of processor time to load {file.Name}", InputLimit.OfLongRules),
            { Error: var said }
                when said.Contains("Memory allocation failure", StringComparison.Ordinal)
                    || said.Contains("Cannot allocate memory", StringComparison.Ordinal)
                => new PortolanException(
                    $"{program} would need more than {memory} MiB of memory to load {file.Name}", InputLimit.OfLongRules),

            // EMSGSIZE: both send all rules in one message, and only root may have a buffer larger than net.core.wmem_max says
            // (SO_SNDBUFFORCE).
            { Error: var said } when said.Contains("Message too long", StringComparison.Ordinal)
                => new PortolanException(
                    $"{file.Name} exceeds the kernel's limit for an ordinary user",
                    $"run it with sudo: root is not limited", ExitCode.NoPrivilege),
            _ => new PortolanException($"{program} cannot load {file.Name}", hint) { Details = Said(result, script) },
        };
    }

    private static string[] Said(ProgramResult result, NftScript? script)
    {
        var said = result.Error.TrimEnd();
        return said.Length == 0 ? [$"it exited with {result.ExitCode}"] : (script is null ? said : script.NamePlaces(said)).Split('\n');
    }

    private static string FindLoader(RulesFile file)
    {
        // iptables-restore may be the legacy one, whose rules nft_tables would not have.
        var (name, package) = file.Kind switch
        {
            RulesFileKind.Nft => ("nft", "nftables"),
            RulesFileKind.IptablesSave => ("iptables-nft-restore", "iptables"),
            _ => ("ip6tables-nft-restore", "iptables"),
        };
        foreach (var folder in Folders)
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                return path;
            }
        }

        throw new PortolanException(
            $"{name} is needed to load "
                + $"{file.Name}{(file.Kind == RulesFileKind.Nft ? "" : ", which is what iptables-save writes")}, and is not installed",
            $"install the package {package}, e.g. with: sudo apt install {package}");
    }
}

/// <summary>The rules that the kernel made of a file.</summary>
/// <param name="Ruleset">The rules.</param>
/// <param name="Warnings">Interfaces that could not be built, so that a rule may have been refused or mean another.</param>
public sealed record LoadedRules(Ruleset Ruleset, IReadOnlyList<string> Warnings);
