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

    /// <summary>A ruleset of 10 MB takes nft some seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Loads a file and reads the rules.</summary>
    /// <param name="file">The file.</param>
    /// <param name="host">Whose interfaces there are: rules that name one which is not there cannot be loaded.</param>
    /// <param name="folder">Where the program runs: relative names in <c>include</c> start there, and at the file.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="PortolanException">The program that loads it is not installed or refuses it, or namespaces are not allowed here.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public LoadedRules Load(RulesFile file, HostFacts host, string folder, CancellationToken cancellationToken)
    {
        var loader = FindLoader(file);
        try
        {
            using var scratch = ScratchNamespace.Start(program, cancellationToken);
            var differences = HostBuilder.BuildInterfaces(scratch, host, cancellationToken);
            Load(scratch, loader, file, folder);
            using var netfilter = scratch.OpenNetlink(ScratchPlace.Near, NetlinkFamily.Netfilter);
            return new LoadedRules(RulesetReader.Read(netfilter, cancellationToken).Require(), differences);
        }
        catch (NamespaceProcessException exception)
        {
            throw new PortolanException($"{file.Name} cannot be loaded without a namespace of its own: {exception.Message}", exception.Remedy, ExitCode.NoPrivilege, exception);
        }
        catch (Exception exception) when (exception is ScratchException or LinuxException)
        {
            throw new PortolanException($"{file.Name} cannot be loaded: {exception.Message}", inner: exception);
        }
    }

    private static void Load(ScratchNamespace scratch, string loader, RulesFile file, string folder)
    {
        IReadOnlyList<string> arguments = file switch
        {
            { Kind: not RulesFileKind.Nft } => [],
            { Path: { } path } => ["-I", Path.GetDirectoryName(path)!, "-f", path],
            _ => ["-I", folder, "-f", "-"],
        };
        var result = scratch.Run(loader, arguments, folder, file.Content.Span, Patience);
        if (result.ExitCode == 0)
        {
            return;
        }

        // What nft read from its stdin it calls so; the person called it otherwise.
        var said = result.Error.Replace("/dev/stdin", file.Name, StringComparison.Ordinal).TrimEnd();
        throw new PortolanException($"{Path.GetFileName(loader)} does not load {file.Name}", "the rules of this machine were not touched: the file was tried in a network of its own")
        {
            Details = said.Length > 0 ? said.Split('\n') : [$"it ended with {result.ExitCode}"],
        };
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
            $"{name} is needed to load {file.Name}{(file.Kind == RulesFileKind.Nft ? "" : ", which is what iptables-save writes")}, and is not installed",
            $"install the package {package}, such as with: sudo apt install {package}");
    }
}

/// <summary>The rules that the kernel made of a file.</summary>
/// <param name="Ruleset">The rules.</param>
/// <param name="Warnings">Interfaces that could not be built, so that a rule may have been refused or mean another.</param>
public sealed record LoadedRules(Ruleset Ruleset, IReadOnlyList<string> Warnings);
