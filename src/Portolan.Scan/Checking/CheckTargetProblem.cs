namespace Portolan.Scan.Checking;

/// <summary>Why a word is no target.</summary>
/// <param name="Reason">Completes "'WORD': ", such as <c>no port</c>.</param>
/// <param name="Remedy">What to write instead.</param>
public readonly record struct CheckTargetProblem(string Reason, Advice Remedy);
