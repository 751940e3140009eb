using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>
/// System calls that change who a process is, or whose a file is. In a namespace of users that an ordinary user made there is one user,
/// root, and setgroups(2) is forbidden (user_namespaces(7)): a program that gives up being root, as tcpdump does before it reads packets,
/// fails there. A filter of system calls (seccomp(2)) has them say that all went well and change nothing; outside, the process is its
/// caller all the same.
/// </summary>
public static class UserChanges
{
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;

    /// <summary>SECCOMP_RET_ALLOW.</summary>
    private const uint Allow = 0x7fff_0000;

    /// <summary>SECCOMP_RET_ERRNO with the error number 0: the call is not made, and its result is 0.</summary>
    private const uint SayDone = 0x0005_0000;

    /// <summary>Where struct seccomp_data has the number of the call and the architecture.</summary>
    private const uint NumberAt = 0;

    private const uint ArchitectureAt = 4;

    /// <summary>Whether they fail here for want of other users: setgroups(2) is forbidden in the caller's namespace of users.</summary>
    public static bool AreForbidden()
    {
        try
        {
            return File.ReadAllText("/proc/self/setgroups").TrimEnd() == "deny";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// The filter: instructions of BPF as <c>struct sock_filter</c> has them in memory of little-endian machines. Other architectures'
    /// calls pass.
    /// </summary>
    internal static ulong[] Filter(SystemCallNumbers numbers)
    {
        var calls = numbers.ChangeUser;
        var program = new List<ulong>
        {
            Instruction(LoadWord, ArchitectureAt),
            Instruction(JumpIfEqual, numbers.AuditArchitecture, ifTrue: 0, ifFalse: (byte)(calls.Count + 1)),
            Instruction(LoadWord, NumberAt),
        };
        for (var index = 0; index < calls.Count; index++)
        {
            // Over the calls that follow and over the instruction that lets all others pass.
            program.Add(Instruction(JumpIfEqual, (uint)calls[index], ifTrue: (byte)(calls.Count - index), ifFalse: 0));
        }

        program.Add(Instruction(Return, Allow));
        program.Add(Instruction(Return, SayDone));
        return [.. program];
    }

    private static ulong Instruction(ushort code, uint value, byte ifTrue = 0, byte ifFalse = 0) =>
        code | ((ulong)ifTrue << 16) | ((ulong)ifFalse << 24) | ((ulong)value << 32);
}
