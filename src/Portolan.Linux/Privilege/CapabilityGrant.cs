using System.Runtime.CompilerServices;

namespace Portolan.Linux.Privilege;

/// <summary>The advice how a program is given capabilities. Every hint that names setcap comes from here.</summary>
/// <remarks>
/// setcap(8) replaces what a file grants, so the command names what it grants already. It says <c>=p</c>: permitted, for the program to
/// raise; with <c>=ep</c> they would be in effect from the first instruction.
/// </remarks>
/// <param name="Program">The absolute path of the program.</param>
/// <param name="Present">What its file grants now.</param>
/// <param name="IsNative">
/// Whether it is compiled ahead of time. The other form is run by a runtime that loads code which the environment names
/// (DOTNET_STARTUP_HOOKS, profilers): capabilities on it are everybody's, for anything.
/// </param>
public sealed record CapabilityGrant(string Program, CapabilitySet Present, bool IsNative)
{
    private static readonly Advice Sudo = $"run it with sudo";

    /// <summary>For the program that runs.</summary>
    public static CapabilityGrant ForThisProgram
    {
        get
        {
            var program = Environment.ProcessPath ?? "portolan";
            return new CapabilityGrant(program, FileCapabilities.Of(program).Permitted, !RuntimeFeature.IsDynamicCodeCompiled);
        }
    }

    /// <summary>What to do where this program lacks capabilities.</summary>
    public static Advice Hint(params ReadOnlySpan<Capability> capabilities) => ForThisProgram.HintFor(CapabilitySet.Of(capabilities));

    /// <summary>What to do where capabilities are missing: sudo, or setcap where that can help.</summary>
    public Advice HintFor(CapabilitySet wanted) => Command(wanted) is { } command
        ? Advice.Of($"{Sudo}, or grant the program the {(ulong.IsPow2(wanted.Bits) ? "capability" : "capabilities")}: {command}")
        : Sudo;

    /// <summary>
    /// The one command that grants more and takes nothing back; <c>null</c> where it would not help: the file grants all of it already (a
    /// container, a nosuid mount or no_new_privs keeps it back), or the program must not have capabilities.
    /// </summary>
    public Advice? Command(CapabilitySet wanted) => !IsNative || (wanted.Bits & ~Present.Bits) == 0
        ? null
        : Advice.Of($"sudo setcap {string.Join(',', CapabilityNames.Of(wanted.Bits | Present.Bits))}=p {Program}");
}
