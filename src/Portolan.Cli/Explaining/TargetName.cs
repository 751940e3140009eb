using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Scan.Names;
using Portolan.Watch.Checking;

namespace Portolan.Cli.Explaining;

/// <summary>
/// Looks up the name of another machine, or of this one, and takes one of its addresses: an explanation follows one packet's way.
/// </summary>
internal static class TargetName
{
    /// <summary>The target with an address, and what to say of the name; the target as it is where no name was given.</summary>
    /// <exception cref="PortolanException">The name has no address of the family asked for. Exit code
    /// <see cref="ExitCode.Failed"/>.</exception>
    public static (ExplainTarget Target, string? Said) Resolve(
        ExplainTarget target, bool useIPv4, bool useIPv6, CommandContext context, CancellationToken cancellationToken)
    {
        if (target.Name is not { } name)
        {
            return (target, null);
        }

        var families = (useIPv4 ? AddressFamilies.IPv4 : 0) | (useIPv6 ? AddressFamilies.IPv6 : 0);
        context.EndInOrder();
        var answer = CheckSetup.MakeNames(context.Machine).LookUpAsync(name, families, cancellationToken).GetAwaiter().GetResult();
        if (answer.Addresses is not [var first, ..])
        {
            throw new PortolanException(
                $"{name} has no address: {answer.Problem ?? $"none of {(useIPv4 ? "IPv4" : "IPv6")}"}",
                $"portolan check {name}:{target.Port} shows its resolution; or give an address", ExitCode.Failed);
        }

        return (target with { Address = first.Unmap() },
            answer.Addresses.Count == 1 ? name : $"{name}, the first of {answer.Addresses.Count} addresses");
    }
}
