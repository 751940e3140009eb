namespace Portolan.Scan.Targets;

/// <summary>A target that is left out of a run while the others are scanned; the run then ends with exit code 3.</summary>
/// <param name="Word">The word as it was given.</param>
/// <param name="Message">What is wrong with it, in one sentence without a full stop.</param>
/// <param name="Hint">What to do about it, or <c>null</c>.</param>
public sealed record TargetProblem(string Word, string Message, Advice? Hint);
